import { existsSync, readFileSync } from 'node:fs';
import { type Diagnostic, HawserError, type Secret } from '#base';
import {
  type Contexts,
  contextsFile,
  readContexts,
  withContext,
  writeContexts,
} from '../remote/contexts.ts';
import type { Listen } from './places.ts';

interface User {
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
}

interface Login {
  readonly token: string;
  readonly server: string;
}

/** Who is behind `sudo`. */
function sudoUser(): User | undefined {
  const id = process.env['SUDO_UID'];
  if (!id || id === '0' || process.geteuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const fields = lines.map((line) => line.split(':')).find(([, , uid]) => uid === id);
  const [, , uid, gid, , home] = fields ?? [];
  return home ? { home, uid: Number(uid), gid: Number(gid) } : undefined;
}

/** The context of the server on this machine; of a second one, where that listens: the first keeps its token. */
function contextOf({ contexts }: Contexts, url: string): string {
  const { local } = contexts;
  return !local || local.server === url ? 'local' : new URL(url).host;
}

/** The server as this machine itself reaches it. */
export function localUrl({ host, port }: Listen): string {
  const near = { '::': '127.0.0.1', '0.0.0.0': '127.0.0.1' }[host] ?? host;
  return `https://${near.includes(':') ? `[${near}]` : near}:${port}`;
}

/**
 * Logs in the user who started the server, and the one behind `sudo` too.
 * @returns why that could not be, if it could not: no reason not to serve
 */
export function logInHere(token: Secret, listen: Listen): Diagnostic | undefined {
  const login = { token: token.reveal(), server: localUrl(listen) };
  try {
    logInAt(contextsFile(), login);
    const user = sudoUser();
    if (user && existsSync(user.home)) logInFor(user, login);
    return undefined;
  } catch (error) {
    if (error instanceof HawserError) return error;
    throw error;
  }
}

function logInAt(file: string, login: Login): void {
  const known = readContexts(file);
  writeContexts(withContext(known, contextOf(known, login.server), login), file);
}

/** By that user's own rights: his folders may lead wherever he likes, also to what is not his. */
export function logInFor({ home, uid, gid }: User, login: Login): void {
  const file = contextsFile(home);
  if (file === contextsFile()) return;
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    logInAt(file, login);
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
