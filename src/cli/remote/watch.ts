import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '#base';
import { print, printDrawing, printJson } from '../output.ts';
import { patiently, pause } from './patiently.ts';

export const watching = ['-w, --watch', 'go on with what changes, until Ctrl-C'] as const;

export interface WatchOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export interface Shown<T> {
  readonly ask: () => Promise<T>;
  /** For people. */
  readonly text: (found: T) => string;
  /** What makes it another: not that time passes or bytes flow. */
  readonly gist: (found: T) => unknown;
}

/** Clears a terminal, and goes to its first line (ECMA-48, ED and CUP). */
const clear = '\u001b[2J\u001b[H';

/**
 * Shows what is asked for: once, or with `--watch` again and again. A terminal always shows the newest; others get all of it
 * whenever it is another, JSON in one line each.
 */
export async function show<T>(
  { json, watch }: WatchOptions,
  { ask, text, gist }: Shown<T>,
): Promise<void> {
  if (!watch) {
    const found = await ask();
    if (json) printJson(found);
    else print(text(found));
    return;
  }
  const isTerminal = process.stdout.isTTY && !json;
  for (let last: string | undefined; ; await sleep(pause)) {
    const found = await patiently(ask);
    const now = canonicalJson(gist(found));
    if (isTerminal) printDrawing(clear);
    if (isTerminal || now !== last) {
      if (json) printDrawing(JSON.stringify(found));
      else print(`${last === undefined || isTerminal ? '' : '\n'}${text(found)}`);
    }
    last = now;
  }
}
