import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import type { ResolverItem } from '#state';
import type { Context } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { startHelper } from '../helper.ts';
import { processMark } from '../mark.ts';
import { readShared } from '../names/replace-file.ts';
import { itemOf, resolverArgv } from './argv.ts';
import { makeResolverFolder, pidFile, resolverMark, tableFolder } from './folder.ts';

/** Name of a machine's one resolver of a network. */
const name = 'resolver';

interface Running {
  readonly pid: number;
  readonly item: ResolverItem;
}

/** Command lines of all dnsmasq that bear the mark, by their process ids; NUL between words (proc(5)). */
async function marked(context: Context, mark: string): Promise<ReadonlyMap<number, string[]>> {
  const grep = ['grep', '-Hsa', '--', mark, '{}', '+'];
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

/** The network's resolver, however it was started: what it is, its own command line says. */
export async function findResolver(context: Context): Promise<Running | undefined> {
  for (const [pid, argv] of await marked(context, resolverMark(context))) {
    if (await isHere(context, pid)) return { pid, item: itemOf(name, argv) };
  }
  return undefined;
}

const taken = /failed to create listening socket for (\S+): Address already in use/;

function explained(error: unknown, item: ResolverItem): unknown {
  if (!(error instanceof HawserError)) return error;
  const zone = item.zones[0] ?? '';
  if (error.code === 'host/command-missing')
    return hostErrors.error('host/no-dnsmasq', { zone }, { cause: error });
  const address = taken.exec(error.message)?.[1];
  if (address === undefined) return error;
  return hostErrors.error('host/dns-port-taken', { address, zone }, { cause: error });
}

/** A program that lives on when the agent ends; it answers when this resolves. */
export async function startResolver(context: Context, item: ResolverItem): Promise<void> {
  makeResolverFolder(context);
  const argv = resolverArgv(item, { tables: tableFolder(context), pid: pidFile(context) });
  const env = { [processMark]: resolverMark(context) };
  try {
    if (isAlone()) await context.run('write', asItself(argv), { env, mute: true });
    else await startHelper(context.run, { unit: `dnsmasq-${context.network}`, argv, env });
  } catch (error) {
    throw explained(error, item);
  }
  const running = await findResolver(context);
  if (!running) throw hostErrors.error('host/ended', { program: 'dnsmasq' });
  watch(context, running.pid);
}

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
  context.vigil.process(context.network, pid, resolverMark(context));

/** Reads its names again: those that are gone, older ones forget only so. */
export async function reload(context: Context): Promise<void> {
  const running = await findResolver(context);
  if (running) await context.signal(running.pid, 'HUP');
}

/** ms between looks, and how many a process has to end. */
const look = 20;
const looks = 100;

export async function stopResolver(context: Context): Promise<void> {
  context.vigil.forget(context.network);
  for (let n = 0; n < looks; n++) {
    const running = await findResolver(context);
    if (!running) return;
    if (n === 0 || n === looks - 1) await context.signal(running.pid, n === 0 ? 'TERM' : 'KILL');
    await sleep(look);
  }
}
