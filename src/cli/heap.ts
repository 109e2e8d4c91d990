import { setFlagsFromString } from 'node:v8';

/**
 * Of V8, for a program that goes on for months. It lets a heap grow to several times what is in use before it collects,
 * as long as the machine has memory: a fifth more costs little processor time and saves a third of the memory.
 */
const flags = ['--heap-growing-percent=20', '--semi-space-growth-factor=1'];

export function keepHeapSmall(): void {
  for (const flag of flags) setFlagsFromString(flag);
}
