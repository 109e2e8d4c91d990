import { errorTable } from '#base';

export const agentErrors = errorTable({
  'agent/no-key-file': {
    says: 'the private key {file} cannot be read: {detail}',
    fix: 'Put the key back from a backup; without it the machine needs a new one (`hawser agent key`).',
  },
  'agent/key-differs': {
    says: 'the network knows this machine by the key {known}, and its private key {file} gives {own}',
    fix: 'This may be the state of another machine. If it is not, give the network the key that `hawser agent key --network {network}` prints.',
  },
  'agent/nothing-applied': {
    says: 'nothing of a network {network} was applied on this machine yet',
    fix: 'Apply its state first: `hawser agent apply --state FILE`.',
  },
  'agent/no-state-file': {
    says: 'the state {file} cannot be read: {detail}',
    fix: 'Write it with `hawser export FILE MACHINE --format hoststate`.',
  },
});
