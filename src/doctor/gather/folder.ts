import { existsSync, lstatSync, readdirSync, realpathSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { serverBootRemedy, serverStartsAtBoot } from '#agent';
import type { FolderSeen, ServerHere } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { NotHere } from './not-known.ts';

const others = 0o077;

function openUnder(path: string): FolderSeen['open'] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isSymbolicLink()) return [];
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  const own = (stat.mode & others) === 0 ? [] : [{ path, mode }];
  if (!stat.isDirectory()) return own;
  return [...own, ...readdirSync(path).flatMap((name) => openUnder(join(path, name)))];
}

function lookInto(path: string): FolderSeen {
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

export async function gatherFolder({ sources }: Gathering): Promise<FolderSeen> {
  if (!existsSync(sources.stateDir)) throw new NotHere('this machine keeps nothing yet');
  return lookInto(sources.stateDir);
}

/** Where a server of root keeps what it has; the unit's own folder is a link to where its user may write. */
const serverData = '/var/lib/hawser-server';

/** A server that keeps all in a database, or elsewhere, is not seen here. */
export async function gatherServerHere(): Promise<ServerHere> {
  if (!existsSync(serverData)) throw new NotHere('no server keeps anything on this machine');
  const folder = lookInto(realpathSync(serverData));
  return { ...folder, startsAtBoot: await serverStartsAtBoot(), bootRemedy: serverBootRemedy() };
}
