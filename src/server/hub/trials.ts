import { mostQuestions, type Question, type Tried, type TriedReport, type TryMessage } from '#api';
import { serverErrors } from '../errors.ts';

/** ms that an agent has besides what it takes to try all: so many at a time, each to its end. */
const slack = 10_000;
const atOnce = 16;

/** What one agent was asked to try over one connection. */
export class Trials {
  readonly #machine: () => string;
  readonly #send: (message: TryMessage) => unknown;
  readonly #waiting = new Map<number, (answers: readonly Tried[] | undefined) => void>();
  #ids = 0;
  /** Which questions it knows: see `Question`. */
  readonly version: number;

  constructor(machine: () => string, send: (message: TryMessage) => unknown, version: number) {
    this.#machine = machine;
    this.#send = send;
    this.version = version;
  }

  /**
   * What came of each question, by its id. `within`: ms for each.
   * @throws server/not-connected: the agent went meanwhile, or does not answer
   */
  async ask(questions: readonly Question[], within: number): Promise<ReadonlyMap<number, Tried>> {
    const found = new Map<number, Tried>();
    for (let at = 0; at < questions.length; at += mostQuestions) {
      const part = questions.slice(at, at + mostQuestions);
      for (const one of await this.#askOnce(part, within)) found.set(one.id, one);
    }
    return found;
  }

  async #askOnce(questions: readonly Question[], within: number): Promise<readonly Tried[]> {
    const id = ++this.#ids;
    const { promise, resolve } = Promise.withResolvers<readonly Tried[] | undefined>();
    this.#waiting.set(id, resolve);
    const turns = Math.ceil(questions.length / atOnce);
    const timer = setTimeout(() => resolve(undefined), turns * within + slack).unref();
    this.#send({ type: 'try', id, within, questions: [...questions] });
    const answers = await promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
    if (answers) return answers;
    throw serverErrors.error('server/not-connected', { machine: this.#machine() });
  }

  hear({ id, answers }: TriedReport): void {
    this.#waiting.get(id)?.(answers);
  }

  /** The connection ended: nobody will answer any more. */
  end(): void {
    for (const resolve of this.#waiting.values()) resolve(undefined);
  }
}
