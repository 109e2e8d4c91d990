import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { foreignPath } from './foreign.ts';
import type { Machine } from './world.ts';

interface Pair {
  readonly secret: string;
  readonly open: string;
}

function keyPair(): Pair {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-ssh-'));
  try {
    const file = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
    return { secret: readFileSync(file, 'utf8'), open: readFileSync(`${file}.pub`, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One key for all hosts of a test, and one for who logs in on them. */
export interface SshKeys {
  readonly host: Pair;
  readonly person: Pair;
}

export const sshKeys = (): SshKeys => ({ host: keyPair(), person: keyPair() });

/** Covers the system's own configuration of ssh, which stays as it is. */
const cover = (machine: Machine): void =>
  void machine.do('mount -t tmpfs -o mode=755 tmpfs /etc/ssh');

/** A machine on which somebody types `ssh`: he has a key, and knows all hosts. */
export function makeOperator(machine: Machine, { host, person }: SshKeys): void {
  cover(machine);
  machine.write('/etc/ssh/key', person.secret);
  machine.write('/etc/ssh/ssh_known_hosts', `* ${host.open}`);
  machine.write(
    '/etc/ssh/ssh_config',
    'IdentityFile /etc/ssh/key\nUserKnownHostsFile none\nUpdateHostKeys no\n',
  );
}

/** Users of the machine alone, beside root: ann may become root, bob may not. */
const users = 'ann:x:2001:2001::/run/home:/bin/sh\nbob:x:2002:2002::/run/home:/bin/sh\n';
const sudoers = `Defaults secure_path="${foreignPath}"\nroot ALL=(ALL) ALL\nann ALL=(ALL) NOPASSWD: ALL\n`;

function replaceFile(machine: Machine, path: string, text: string, mode: string): void {
  const own = `/run${path}`;
  machine.box.write(own, text, mode);
  machine.do(`mount --bind ${own} ${path}`);
}

/** Starts a real sshd that lets the person in by key: as root, ann or bob. `more`: lines of its configuration. */
export async function startSshd(
  machine: Machine,
  { host, person }: SshKeys,
  ...more: readonly string[]
): Promise<void> {
  cover(machine);
  const shadow = ['root', 'sshd', 'ann', 'bob'].map((name) => `${name}:*:19000:0:99999:7:::\n`);
  replaceFile(machine, '/etc/passwd', `${machine.read('/etc/passwd')}${users}`, '0644');
  replaceFile(machine, '/etc/shadow', shadow.join(''), '0640');
  replaceFile(machine, '/etc/sudoers', sudoers, '0440');
  machine.write('/etc/ssh/host_key', host.secret);
  machine.box.write('/etc/ssh/authorized_keys', person.open, '0644');
  const lines = [
    'HostKey /etc/ssh/host_key',
    'AuthorizedKeysFile /etc/ssh/authorized_keys',
    'PasswordAuthentication no',
    'UsePAM no',
    'PidFile none',
    `SetEnv PATH=${foreignPath}`,
    ...more,
  ];
  machine.write('/etc/ssh/sshd_config', `${lines.join('\n')}\n`);
  machine.do('mkdir -p -m 755 /run/sshd');
  machine.run('/usr/sbin/sshd', '-D', '-e');
  await until('sshd listens', () => machine.do('ss -ltn').includes(':22 '));
}
