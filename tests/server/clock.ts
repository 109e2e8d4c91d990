import { globSync } from 'node:fs';
import type { Machine } from './world.ts';

/** Of libfaketime(1): what a program takes for the date, while its timers go on as ever. */
const file = '/run/clock';

/** Words before a program that make it read a machine's own clock, which a test may set. */
export const byClock: readonly string[] = [
  'env',
  `LD_PRELOAD=${globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0] ?? ''}`,
  `FAKETIME_TIMESTAMP_FILE=${file}`,
  'FAKETIME_NO_CACHE=1',
  'DONT_FAKE_MONOTONIC=1',
];

/** Puts a machine's clock forward or back: `+100d`, `-20y`; `+0` is right. */
export const setClock = (machine: Machine, to: string): void => machine.write(file, `${to}\n`);
