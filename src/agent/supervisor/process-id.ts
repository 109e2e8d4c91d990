import { readFileSync } from 'node:fs';

/** A process that no later one can be taken for: numbers are given out again, this is not. */
export interface ProcessId {
  readonly pid: number;
  /** When it began, in clock ticks since the boot (proc_pid_stat(5), field 22). */
  readonly began: number;
  /** The kernel's own name of that boot (random(4)). */
  readonly boot: string;
}

/** The name of a program may hold spaces and brackets: what counts comes after its last one. */
function beganAt(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended, whoever has not heard of it.
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

const bootNow = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** A process by its number; undefined if there is none. */
export function processId(pid: number): ProcessId | undefined {
  const began = beganAt(pid);
  return began === undefined ? undefined : { pid, began, boot: bootNow() };
}

/** Whether it is this very process that lives. */
export const isAlive = ({ pid, began, boot }: ProcessId): boolean =>
  beganAt(pid) === began && boot === bootNow();

/** Sends a signal to this very process, and to no other; says whether it was there. */
export function signalTo(process_: ProcessId, signal: NodeJS.Signals): boolean {
  if (!isAlive(process_)) return false;
  try {
    process.kill(process_.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
