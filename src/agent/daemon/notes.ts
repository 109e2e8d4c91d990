import type { Finding } from '#api';
import { messagesOf, textOf } from './findings.ts';

/** What is found on the machine itself: others happened once. */
const isLasting = ({ code }: Finding): boolean => code.startsWith('host/');

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

  /** What is so at the moment, and what every pass finds until a person sets it right. */
  get lasting(): readonly Finding[] {
    return [...this.live, ...this.#all.filter(isLasting)];
  }

  /** What lasts is said by who looks after it. */
  set(notes: readonly Finding[]): void {
    const [before, now] = [this.#all, notes].map((all) => all.filter((one) => !isLasting(one)));
    this.#all = notes;
    if (now && now.length > 0 && textOf(now) !== textOf(before ?? [])) this.say(messagesOf(now));
  }
}
