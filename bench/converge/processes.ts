import { readFileSync } from 'node:fs';

/** Clock ticks a second, in which /proc/PID/stat counts (sysconf(_SC_CLK_TCK) on Linux). */
const ticks = 100;

/**
 * Seconds of processor time that a process has used, from its /proc/PID/stat; `with children`: and those
 * of its children that have ended.
 */
export function processorTimeOf(stat: string, children?: 'with children'): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const used = fields.slice(11, children ? 15 : 13);
  return used.reduce((sum, field) => sum + Number(field), 0) / ticks;
}

export const processorTime = (pid: number): number =>
  processorTimeOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** Resident memory of a process in MB (10^6 bytes), from its /proc/PID/status. */
export function residentMemoryOf(status: string): number {
  const kB = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return (Number(kB) * 1024) / 1e6;
}

export const residentMemory = (pid: number): number =>
  residentMemoryOf(readFileSync(`/proc/${pid}/status`, 'utf8'));
