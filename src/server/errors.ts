import { errorTable } from '#base';

export const serverErrors = errorTable({
  'server/store-unreadable': {
    says: 'the store {store} cannot be used: {detail}',
    fix: 'Nothing was changed. Mend the cause, or bring back a backup: `hawser restore`.',
  },
  'server/store-newer': {
    says: 'the store {store} has schema {version}, and this Hawser knows schemas up to {known}',
    fix: 'Use the newer Hawser that made it, or restore a backup from before its upgrade.',
  },
  'server/disk-full': {
    says: 'the disk of the store {store} is full: {detail}',
    fix: 'Nothing was changed. Free some space there; the server goes on by itself.',
  },
  'server/network-exists': {
    says: 'this server has a network {network} already',
    fix: '`hawser apply` changes it; another network needs another name.',
  },
  'server/not-held': {
    says: 'revision {number} of {network} does not wait for approval',
    fix: '`hawser history` shows which revisions wait.',
  },
});
