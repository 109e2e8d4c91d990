import type { Finding } from '#api';
import { messagesOf, textOf } from './findings.ts';

/** What a person should know of the machine that is no failure: told where it is new. */
export class Notes {
  readonly say: (lines: readonly string[]) => void;
  readonly #more: (() => readonly Finding[])[] = [];
  #all: readonly Finding[] = [];

  constructor(say: (lines: readonly string[]) => void) {
    this.say = say;
  }

  /** Besides what passes find: what is so at the moment. */
  addLive(more: () => readonly Finding[]): void {
    this.#more.push(more);
  }

  get all(): readonly Finding[] {
    return [...this.#all, ...this.live];
  }

  /** What is so at the moment. */
  get live(): readonly Finding[] {
    return this.#more.flatMap((more) => more());
  }

  set(notes: readonly Finding[]): void {
    const isNews = notes.length > 0 && textOf(notes) !== textOf(this.#all);
    this.#all = notes;
    if (isNews) this.say(messagesOf(notes));
  }
}
