import { readdirSync, readFileSync } from 'node:fs';

/** Reads below /proc; a process that ends meanwhile, or belongs to somebody else, reads as nothing. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Fields of /proc/PID/stat after the program's name (proc(5)); the first is the state. */
function statOf(pid: number): readonly string[] {
  const stat = readProc(pid, 'stat');
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** When a process started, in clock ticks since boot: with its number it names it for good. */
export const startTime = (pid: number): string | undefined => statOf(pid)[19];

/**
 * Whether a process has come to its end, reaped or not. The first process of a pid namespace does
 * only when all others in it have.
 */
export function hasEnded(pid: number, started: string | undefined): boolean {
  const { 0: state = 'X', 19: now } = statOf(pid);
  return now !== started || state === 'Z' || state === 'X';
}

/** Processes that were started with this environment variable. */
export function processesMarked(mark: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isMarked(pid, mark));
}

export const isMarked = (pid: number, mark: string): boolean =>
  readProc(pid, 'environ').split('\0').includes(mark);

/** Whether it is the first process of a pid namespace within ours. */
export function isNamespaceInit(pid: number): boolean {
  const numbers = /^NSpid:\s+(.*)$/m.exec(readProc(pid, 'status'))?.[1]?.split(/\s+/) ?? [];
  return numbers.length > 1 && numbers.at(-1) === '1';
}

export const programOf = (pid: number): string => readProc(pid, 'comm').trim();
