import { spawn } from 'node:child_process';
import { labErrors } from './errors.ts';
import {
  hasEnded,
  isMarked,
  isNamespaceInit,
  processesMarked,
  programOf,
  startTime,
} from './processes.ts';
import { until } from './run.ts';

/**
 * One process that holds a lab: first of its own pid namespace, in its own network and mount
 * namespaces. All of the lab lives inside, so that its end is the end of everything.
 */
export interface Keeper {
  readonly pid: number;
  /** The lab's id, which the process carries in its environment: a number alone may be reused. */
  readonly id: string;
}

const markOf = (id: string): string => `HAWSER_LAB=${id}`;

/** Without root the lab is root in a user namespace of its own. */
const isRoot = (): boolean => process.getuid?.() === 0;

/** Starts a keeper. Throws `lab/no-namespaces`. */
export async function startKeeper(id: string): Promise<Keeper> {
  const child = spawn(
    'unshare',
    [
      ...(isRoot() ? [] : ['-Ur']),
      ...['-m', '-n', '-p', '-f', '--mount-proc', '--kill-child', '--'],
      // Orphans of the lab are reaped by the kernel when their new parent ignores SIGCHLD (wait(2)).
      ...['env', '--ignore-signal=CHLD', 'sleep', 'infinity'],
    ],
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], HAWSER_LAB: id, LC_ALL: 'C' },
    },
  );
  let said = '';
  let ended = false;
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  child.on('error', (error) => (said += error.message));
  child.on('close', () => (ended = true));
  let keeper: Keeper | undefined;
  await until(() => (keeper = findKeeper(id)) !== undefined || ended, { withinMs: 10_000 });
  if (keeper === undefined) {
    const who = isRoot() ? 'root' : 'users';
    throw labErrors.error('lab/no-namespaces', { who, reason: said.trim() || 'no reason given' });
  }
  child.stderr.destroy();
  child.unref();
  return keeper;
}

/** The keeper of a lab, if it lives; `pid` is where it was last seen. */
export function findKeeper(id: string, pid?: number): Keeper | undefined {
  const mark = markOf(id);
  const isKeeper = (candidate: number) =>
    isMarked(candidate, mark) && isNamespaceInit(candidate) && programOf(candidate) === 'sleep';
  if (pid !== undefined && isKeeper(pid)) return { pid, id };
  const found = processesMarked(mark).find(isKeeper);
  return found === undefined ? undefined : { pid: found, id };
}

/** Ends a keeper and with it every process of its lab; gives back when the last one is gone. */
export async function endKeeper(id: string): Promise<void> {
  // A process that is ending has no environment any more, so those once seen are remembered.
  const seen = new Map<number, string | undefined>();
  const gone = () => {
    for (const pid of processesMarked(markOf(id))) {
      seen.set(pid, startTime(pid));
      kill(pid);
    }
    return [...seen].every(([pid, started]) => hasEnded(pid, started));
  };
  if (await until(gone, { withinMs: 20_000 })) return;
  const reason = `processes ${[...seen.keys()].join(', ')} do not end`;
  throw labErrors.error('lab/command-failed', { command: 'kill -9', code: 1, reason });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

/** The beginning of a command line that runs in the lab, in a namespace of it or in the internet. */
export function inside(keeper: Keeper, namespace?: string): readonly string[] {
  return [
    ...['nsenter', '-t', `${keeper.pid}`, ...(isRoot() ? [] : ['-U', '--preserve-credentials'])],
    ...['-m', '-n', '-p', '--'],
    ...(namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace}`, '--']),
  ];
}
