import { existsSync, readFileSync } from 'node:fs';

/** How a machine without systemd starts the agent when it boots: a file, and what goes into it. */
export interface BootHint {
  readonly file: string;
  readonly text: string;
  /** What to type when the text is there. */
  readonly next?: string;
}

type Exists = (path: string) => boolean;

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const openrc = (command: string): BootHint => ({
  file: '/etc/init.d/hawser-agent',
  text: [
    '#!/sbin/openrc-run',
    'description="Hawser agent"',
    'depend() { need net; after firewall; }',
    `start() { ebegin "Starting the Hawser agent"; ${command} start; eend $?; }`,
    `stop() { ebegin "Stopping the Hawser agent"; ${command} stop; eend $?; }`,
  ].join('\n'),
  next: 'chmod 755 /etc/init.d/hawser-agent && rc-update add hawser-agent default',
});

const sysv = (command: string): BootHint => ({
  file: '/etc/init.d/hawser-agent',
  text: [
    '#!/bin/sh',
    '### BEGIN INIT INFO',
    '# Provides:          hawser-agent',
    '# Required-Start:    $network $local_fs',
    '# Required-Stop:     $network $local_fs',
    '# Default-Start:     2 3 4 5',
    '# Default-Stop:      0 1 6',
    '# Short-Description: Hawser agent',
    '### END INIT INFO',
    `exec ${command} "$1"`,
  ].join('\n'),
  next: 'chmod 755 /etc/init.d/hawser-agent && update-rc.d hawser-agent defaults',
});

const cron = (command: string): BootHint => ({
  file: '/etc/cron.d/hawser-agent',
  text: `@reboot root ${command} start`,
});

const rcLocal = (command: string): BootHint => ({
  file: '/etc/rc.local',
  text: `#!/bin/sh\n${command} start`,
  next: 'chmod 755 /etc/rc.local',
});

/**
 * What brings the agent back after a reboot, in the words of the init system that is found here:
 * OpenRC, System V, cron, else rc.local. `program`: argv of the program that ships.
 */
export function bootHint(program: readonly string[], exists: Exists = existsSync): BootHint {
  const command = [...program, 'agent'].map(quoted).join(' ');
  if (exists('/sbin/openrc-run')) return openrc(command);
  if (exists('/usr/sbin/update-rc.d')) return sysv(command);
  if (exists('/etc/cron.d')) return cron(command);
  return rcLocal(command);
}

/** Files that may start a program at boot. */
const bootFiles = [
  '/etc/init.d/hawser-agent',
  '/etc/init.d/hawser-server',
  '/etc/cron.d/hawser-agent',
  '/etc/cron.d/hawser-server',
  '/etc/rc.local',
  '/var/spool/cron/crontabs/root',
  '/var/spool/cron/root',
];

/** Whether one of these files starts Hawser as that. @throws where they are closed to this user */
export const startedByFile = (as: 'agent' | 'server'): boolean =>
  bootFiles.some(
    (file) => existsSync(file) && new RegExp(`hawser.* ${as}\\b`).test(readFileSync(file, 'utf8')),
  );
