import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { startHelper } from '../helper.ts';
import { processMark } from '../mark.ts';
import { readShared } from '../names/replace-file.ts';
import { makeFolder, pidFile, serverMark } from './folder.ts';

/** ms between looks, and how many a process has to end. */
const look = 20;
const looks = 100;

interface Running {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Command lines of all dnsmasq that bear the mark, by their process ids; NUL between words (proc(5)). */
async function marked(context: Context, mark: string): Promise<ReadonlyMap<number, string[]>> {
  // A name of a folder, whole: that of another namespace may begin with it.
  const grep = ['grep', '-Hsa', '--', `${mark}/`, '{}', '+'];
  const find = [
    'find',
    '/proc',
    '-maxdepth',
    '2',
    '-path',
    '/proc/[0-9]*/cmdline',
    '-exec',
    ...grep,
  ];
  const lines = (await context.run('read', find, { exits: [0, 1] })).split('\n');
  const found = lines.flatMap((line) => {
    const [, pid, words] = /^\/proc\/(\d+)\/cmdline:(.*)$/s.exec(line) ?? [];
    const argv = words?.split('\0') ?? [];
    return argv[0]?.endsWith('dnsmasq') ? [[Number(pid), argv] as const] : [];
  });
  return new Map(found);
}

/** Where all machines of a lab see each other’s processes, only those of the same network namespace. */
async function isHere(context: Context, pid: number): Promise<boolean> {
  const paths = [`/proc/${pid}/ns/net`, '/proc/self/ns/net'];
  const text = await context.run('read', ['readlink', ...paths], { exits: [0, 1] });
  const [own, here = own] = text.trim().split('\n');
  // Who may not look knows it by the file that only its own machine has.
  return own === here && (text.trim().includes('\n') || pid === pidInFile(context));
}

const pidInFile = (context: Context): number => Number(readShared(pidFile(context))?.trim());

/** The dnsmasq of the namespace, however it was started: what it is, its own command line says. */
export async function findProcess(context: Context): Promise<Running | undefined> {
  for (const [pid, argv] of await marked(context, serverMark(context))) {
    if (await isHere(context, pid)) return { pid, argv };
  }
  return undefined;
}

/**
 * One that was left in a namespace whose name is gone keeps all of it alive: what has its place in the
 * agent's own namespace as well could not be made anew.
 */
export async function endStray(context: Context): Promise<void> {
  const pid = pidInFile(context);
  if (!(pid > 0)) return;
  const isThere = async (): Promise<boolean> =>
    (await marked({ ...context, run: context.runInRoot }, serverMark(context))).has(pid);
  for (let n = 0; n < looks && (await isThere()); n++) {
    if (n === 0) await context.signal(pid, 'KILL');
    await sleep(look);
  }
}

/** A program that lives on when the agent ends; it answers when this resolves. */
export async function startProcess(context: Context, argv: readonly string[]): Promise<void> {
  makeFolder(context);
  const env = { [processMark]: serverMark(context) };
  if (isAlone()) await context.run('write', asItself(argv), { env, mute: true });
  else await startHelper(context.run, { unit: unitOf(context), argv, env });
  const running = await findProcess(context);
  if (!running) throw hostErrors.error('host/ended', { program: 'dnsmasq' });
  watch(context, running.pid);
}

const unitOf = ({ network, namespace }: Context): string =>
  `dnsmasq-${namespace === 'root' ? network : namespace}`;

/** In a user namespace of one user nobody can become somebody else (user_namespaces(7)). */
const isAlone = (): boolean => readFileSync('/proc/self/setgroups', 'utf8').trim() === 'deny';

/** Then it stays who it is, which it does in the foreground alone; it says what it cannot to nobody. */
const asItself = (argv: readonly string[]): readonly string[] => [
  ...['setsid', '--fork'],
  ...argv,
  '--no-daemon',
];

/** Told to the vigil: that it dies, the kernel tells nobody. */
export const watch = (context: Context, pid: number): void =>
  context.vigil.process(serverMark(context), pid);

/** Reads its names and its known machines again: those that are gone, it forgets only so. */
export async function reload(context: Context): Promise<void> {
  const running = await findProcess(context);
  if (running) await context.signal(running.pid, 'HUP');
}

export async function stopProcess(context: Context): Promise<void> {
  context.vigil.forget(serverMark(context));
  for (let n = 0; n < looks; n++) {
    const running = await findProcess(context);
    if (!running) return;
    if (n === 0 || n === looks - 1) await context.signal(running.pid, n === 0 ? 'TERM' : 'KILL');
    await sleep(look);
  }
}
