import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

/** ECMA-48 and xterm: the other screen and back, the cursor hidden and shown, to the first line; ends of line and screen. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfScreen = '\u001b[J';

/** What ends it: q, Escape, Ctrl-C, Ctrl-D; Escape alone, not what arrow keys send. */
const ends: ReadonlySet<string> = new Set(['q', 'Q', '\u001b', '\u0003', '\u0004']);

/** As much of a text as a screen holds, line for line over what was there: nothing is cleared first, so nothing flickers. Pure. */
export function frameOf(
  text: string,
  { rows, columns }: { rows: number; columns: number },
): string {
  const lines = text.split('\n');
  const room = Math.max(1, rows - 1);
  const hidden = lines.length - room;
  const shown = hidden > 0 ? lines.slice(0, room - 1) : lines;
  const rest = hidden > 0 ? [`... ${hidden + 1} more lines`] : [];
  const all = [...shown, ...rest].map((line) => `${cut(line, columns)}${restOfLine}`);
  return `${home}${all.join('\r\n')}\r\n${restOfScreen}`;
}

/** The beginning of a line that fits, with its colours. */
function cut(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line;
  let width = 0;
  // Colours take no room.
  const parts = line.split(/(\u001b\[[\d;]*m)/).map((part, index) => {
    if (index % 2 === 1) return part;
    const fitting = part.slice(0, Math.max(0, columns - 1 - width));
    width += fitting.length;
    return fitting;
  });
  return `${parts.join('')}…\u001b[0m`;
}

/** A terminal that shows one text after another until a person has seen enough; it is as it was when that ends. */
export class Screen {
  readonly #ended = new AbortController();
  #text = '';

  constructor() {
    process.stdout.write(enter);
    process.stdout.on('resize', this.#draw);
    process.once('exit', this.#restore);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, this.#end);
    if (!process.stdin.isTTY) return;
    process.stdin.setRawMode(true);
    process.stdin.on('data', this.#key).resume();
  }

  get hasEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Resolves after so many ms, or when it ends. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ended.signal }).catch(() => undefined);
  }

  draw(text: string): void {
    this.#text = text;
    if (!this.hasEnded) this.#draw();
  }

  readonly #draw = (): void => {
    const { rows, columns } = process.stdout;
    process.stdout.write(frameOf(this.#text, { rows, columns }));
  };

  readonly #key = (data: Buffer): void => {
    if (ends.has(data.toString())) this.#end();
  };

  readonly #end = (): void => this.#ended.abort();

  readonly #restore = (): void => void process.stdout.write(leave);

  close(): void {
    this.#end();
    process.stdout.off('resize', this.#draw);
    process.off('exit', this.#restore);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#end);
    if (process.stdin.isTTY) {
      process.stdin.off('data', this.#key).pause();
      process.stdin.setRawMode(false);
    }
    this.#restore();
  }
}
