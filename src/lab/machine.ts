import { join } from 'node:path';

/** Where the files of a lab's machine lie: what it alone sees, at places that programs have in common. */

const folderOf = (labDir: string, name: string): string => join(labDir, 'machines', name);

/** Its /var/lib/hawser. */
export const homeOf = (labDir: string, name: string): string =>
  join(folderOf(labDir, name), 'hawser');

/** Its /var/lib/hawser-server. */
export const serverDataOf = (labDir: string, name: string): string =>
  join(folderOf(labDir, name), 'hawser-server');

/** Its /etc/hosts. */
export const hostsOf = (labDir: string, name: string): string =>
  join(folderOf(labDir, name), 'hosts');

/** Where a machine has this very program as `hawser`: in its own /run, for another's may forbid programs. */
export const programsFolder = '/run/bin';

/** What speaks of the user and the servers that they use otherwise. */
const foreign = [
  'HAWSER_SERVER',
  'HAWSER_TOKEN',
  'SUDO_COMMAND',
  'SUDO_GID',
  'SUDO_UID',
  'SUDO_USER',
];

/**
 * The environment of programs on a machine: `hawser` is there, and knows the servers that somebody logged
 * in at on this machine.
 */
export const environmentOf = (labDir: string, name: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !foreign.includes(key))),
  PATH: `${programsFolder}:${process.env['PATH']}`,
  XDG_CONFIG_HOME: join(folderOf(labDir, name), 'config'),
});
