import { setFlagsFromString } from 'node:v8';

/**
 * For programs that go on for months: V8 lets a heap grow to several times what is in use before it collects, as
 * long as the machine has memory. A fifth more costs little processor time and saves a third of the memory.
 */
export const keepHeapSmall = (): void => setFlagsFromString('--heap-growing-percent=20');
