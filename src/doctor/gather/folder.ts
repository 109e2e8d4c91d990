import { existsSync, lstatSync, readdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderSeen } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { NotKnown } from './not-known.ts';

const others = 0o077;

function openUnder(path: string): FolderSeen['open'] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isSymbolicLink()) return [];
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  const own = (stat.mode & others) === 0 ? [] : [{ path, mode }];
  if (!stat.isDirectory()) return own;
  return [...own, ...readdirSync(path).flatMap((name) => openUnder(join(path, name)))];
}

export async function gatherFolder({ sources }: Gathering): Promise<FolderSeen> {
  const path = sources.stateDir;
  if (!existsSync(path)) throw new NotKnown('this machine keeps nothing yet');
  readdirSync(path); // who may not look in here cannot say that it is closed
  const { bavail, bsize, ffree, files } = statfsSync(path);
  // Some file systems have no bound on the number of files, and say 0 of 0.
  return {
    path,
    freeBytes: bavail * bsize,
    freeFiles: files === 0 ? Number.MAX_SAFE_INTEGER : ffree,
    open: openUnder(path),
  };
}
