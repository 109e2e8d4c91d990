import { type Finding, mostWarnings } from '#api';
import { Again } from './again.ts';
import { messagesOf, textOf } from './findings.ts';

/** ms between looks at what is so now. */
const every = 1_000;

/** Tells the server, and the log, what is not as it should be on the machine and no failure of its state. */
export class Warnings {
  readonly #now: () => readonly Finding[];
  readonly #tell: (warnings: readonly Finding[]) => void;
  readonly #say: (lines: readonly string[]) => void;
  readonly #next = new Again(async () => this.#look());
  #told: readonly Finding[] = [];

  constructor(
    now: () => readonly Finding[],
    tell: (warnings: readonly Finding[]) => void,
    say: (lines: readonly string[]) => void,
  ) {
    this.#now = now;
    this.#tell = tell;
    this.#say = say;
    this.#next.later(every);
  }

  #look(): void {
    this.#next.later(every);
    const now = this.#now().slice(0, mostWarnings);
    if (textOf(now) === textOf(this.#told)) return;
    const known = new Set(messagesOf(this.#told));
    const news = messagesOf(now).filter((line) => !known.has(line));
    if (news.length > 0) this.#say(news);
    this.#told = now;
    this.#tell(now);
  }

  /** Who answers now has heard nothing. */
  again(): void {
    if (this.#told.length > 0) this.#tell(this.#told);
  }

  stop(): void {
    this.#next.stop();
  }
}
