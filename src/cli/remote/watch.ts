import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson } from '#base';
import { harmless, paint, print, printDrawing, printJson } from '../output.ts';
import { isAway, patiently, pause } from './patiently.ts';
import { Screen } from './screen.ts';

export const watching = [
  '-w, --watch',
  'go on with what changes, until Ctrl-C; on a terminal, q',
] as const;

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

/**
 * Shows what is asked for: once, or with `--watch` again and again. A terminal always shows the newest, until q; others get all
 * of it whenever it is another, JSON in one line each.
 */
export async function show<T>(options: WatchOptions, shown: Shown<T>): Promise<void> {
  const { json, watch } = options;
  const { ask, text } = shown;
  if (!watch) {
    const found = await ask();
    if (json) printJson(found);
    else print(text(found));
    return;
  }
  if (process.stdout.isTTY && !json) await onScreen(shown);
  else await inLines(options, shown);
}

async function inLines<T>({ json }: WatchOptions, { ask, text, gist }: Shown<T>): Promise<void> {
  for (let last: string | undefined; ; await sleep(pause)) {
    const found = await patiently(ask);
    const now = canonicalJson(gist(found));
    if (now === last) continue;
    if (json) printDrawing(JSON.stringify(found));
    else print(`${last === undefined ? '' : '\n'}${text(found)}`);
    last = now;
  }
}

async function onScreen<T>({ ask, text }: Shown<T>): Promise<void> {
  const screen = new Screen();
  let last = '';
  const draw = (note: string): void =>
    screen.draw(`${harmless(last)}\n\n${paint('dim', `${harmless(note)}; q ends`)}`);
  try {
    while (!screen.hasEnded) {
      try {
        last = text(await ask());
        draw(new Date().toTimeString().slice(0, 8));
      } catch (error) {
        if (!isAway(error)) throw error;
        draw(`${error.message}; it is asked again`);
      }
      await screen.pause(pause);
    }
  } finally {
    screen.close();
  }
}
