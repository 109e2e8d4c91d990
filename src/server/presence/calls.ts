import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Question, Tried } from '#api';
import type { Word } from './words.ts';

/** What one server asks another, of a network. */
export type Asked = { readonly network: string } & (
  | {
      readonly what: 'try';
      readonly identity: string;
      /** ms for each. */
      readonly within: number;
      readonly questions: readonly Question[];
    }
  /** To store what was heard of the history of a tunnel. */
  | { readonly what: 'store'; readonly a: string; readonly b: string }
);

/** What came of it: of each question what was tried; null: nothing. */
export type Answer = readonly Tried[] | null;

export type Piece = Extract<Word, { say: 'piece' }>;

/** Characters of base64 in one word, which has room for little else. */
const longest = 7_500;
/** Of others so many are put together at once; and bytes of one that is. */
const most = 1_000;
const largest = 16_000_000;

export interface CallsInit {
  readonly say: (words: readonly Piece[]) => void;
  readonly answer: (asked: Asked) => Promise<Answer>;
}

interface Waiting {
  readonly to: string;
  readonly resolve: (answer: Answer | undefined) => void;
}

/** Questions between servers, and their answers, in as many words as they need. */
export class Calls {
  readonly #init: CallsInit;
  readonly #waiting = new Map<number, Waiting>();
  /** What has come of those that are not whole yet. */
  readonly #pieces = new Map<string, string[]>();
  #ids = 0;

  constructor(init: CallsInit) {
    this.#init = init;
  }

  /** Undefined where no answer comes within so many ms, or that server ends. */
  async ask(to: string, asked: Asked, within: number): Promise<Answer | undefined> {
    const id = ++this.#ids;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    this.#waiting.set(id, { to, resolve });
    const timer = setTimeout(() => resolve(undefined), within).unref();
    this.#send({ to, id, of: 'question' }, asked);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  heard(from: string, { id, of, part, last, text }: Piece): void {
    const key = `${from} ${of} ${id}`;
    const pieces = this.#pieces.get(key) ?? [];
    this.#pieces.delete(key);
    // Of what has a gap the rest is nothing.
    if (pieces.length !== part || part * longest > largest) return;
    pieces.push(text);
    if (!last) {
      this.#pieces.set(key, pieces);
      const [oldest] = this.#pieces.keys();
      if (this.#pieces.size > most && oldest !== undefined) this.#pieces.delete(oldest);
      return;
    }
    const value = valueOf(pieces.join(''));
    if (of === 'answer') this.#waiting.get(id)?.resolve(value as Answer);
    else void this.#answer(from, id, value as Asked);
  }

  async #answer(to: string, id: number, asked: Asked): Promise<void> {
    const answer = await this.#init.answer(asked).catch(() => null);
    this.#send({ to, id, of: 'answer' }, answer);
  }

  #send(head: Pick<Piece, 'to' | 'id' | 'of'>, value: unknown): void {
    const text = zstdCompressSync(JSON.stringify(value)).toString('base64');
    const count = Math.ceil(text.length / longest);
    this.#init.say(
      Array.from({ length: count }, (_, part) => ({
        ...{ say: 'piece', ...head, part, last: part === count - 1 },
        text: text.slice(part * longest, (part + 1) * longest),
      })),
    );
  }

  /** A server is gone: it answers nothing. */
  gone(server: string): void {
    for (const { to, resolve } of this.#waiting.values()) if (to === server) resolve(undefined);
  }

  close(): void {
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
  }
}

/** Servers of one store believe each other; undefined is what nobody asked. */
function valueOf(text: string): unknown {
  const options = { maxOutputLength: 4 * largest };
  return JSON.parse(zstdDecompressSync(Buffer.from(text, 'base64'), options).toString());
}
