import { readdir, readFile, readlink } from 'node:fs/promises';
import { processMark } from '../mark.ts';
import type { Run } from '../run.ts';

/** What a process says of itself; nothing if it is gone or not ours to look at. */
const look = async (read: Promise<string>): Promise<string> => read.catch(() => '');

/**
 * Whether a wireguard-go process of this namespace carries the mark: so a device is known as ours whose
 * maker died before it could give it an alias.
 */
export async function hasMarkedProcess(run: Run, mark: string): Promise<boolean> {
  const here = (await run('read', ['readlink', '/proc/self/ns/net'])).trim();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const environment = await look(readFile(`/proc/${pid}/environ`, 'utf8'));
    if (!environment.split('\0').includes(`${processMark}=${mark}`)) continue;
    const command = await look(readFile(`/proc/${pid}/cmdline`, 'utf8'));
    if (!command.split('\0')[0]?.endsWith('wireguard-go')) continue;
    if ((await look(readlink(`/proc/${pid}/ns/net`))) === here) return true;
  }
  return false;
}
