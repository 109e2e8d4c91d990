import { chmodSync, chownSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '#base';
import { agentErrors } from './errors.ts';
import { permitted } from './permitted.ts';

/** What others may do with a file. */
const others = 0o077;

const wanted = (stat: Stats): number => (stat.isDirectory() ? 0o700 : 0o600);
const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

/**
 * Closes a folder and what is in it to everyone but the agent's own user (law 9): folders 0700, files
 * 0600. Tells what was open. @throws agent/not-permitted
 */
export function closeToOthers(path: string): readonly Diagnostic[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isSymbolicLink()) return [];
  const found = closeOne(path, stat);
  if (!stat.isDirectory()) return found;
  const inside = permitted(path, () => readdirSync(path));
  return [...found, ...inside.flatMap((name) => closeToOthers(join(path, name)))];
}

function closeOne(path: string, stat: Stats): readonly Diagnostic[] {
  const [user, group] = [process.getuid?.() ?? stat.uid, process.getgid?.() ?? stat.gid];
  const isForeign = stat.uid !== user;
  const isOpen = (stat.mode & others) !== 0;
  if (!isForeign && !isOpen) return [];
  permitted(path, () => {
    if (isForeign) chownSync(path, user, group);
    chmodSync(path, wanted(stat));
  });
  const was = isForeign
    ? `owner ${stat.uid}, mode ${octal(stat.mode)}`
    : `mode ${octal(stat.mode)}`;
  const is = `mode ${octal(wanted(stat))}`;
  const args = { path, was, is };
  return [agentErrors.diagnostic('agent/was-open', args, { severity: 'warning' })];
}
