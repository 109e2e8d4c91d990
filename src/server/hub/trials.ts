import { mostQuestions, type Question, type Tried, type TriedReport, type TryMessage } from '#api';
import { serverErrors } from '../errors.ts';

/** ms that an agent has besides what it takes to try all: so many at a time, each to its end. */
const slack = 10_000;
const atOnce = 16;

/** An agent that can be asked to try something. */
export interface Trying {
  /** Which questions it knows: see `Question`. */
  readonly version: number;
  /**
   * What came of each question, by its id. `within`: ms for each.
   * @throws server/not-connected: the agent went meanwhile, or does not answer
   */
  ask(questions: readonly Question[], within: number): Promise<ReadonlyMap<number, Tried>>;
}

/** ms in which an agent has answered so many questions, or does not. */
export const patience = (questions: number, within: number): number =>
  Math.ceil(questions / atOnce) * within + slack;

/** What one agent was asked to try over one connection. */
export class Trials implements Trying {
  readonly #machine: () => string;
  readonly #send: (message: TryMessage) => unknown;
  readonly #waiting = new Map<number, (answers: readonly Tried[] | undefined) => void>();
  #ids = 0;
  readonly version: number;

  constructor(machine: () => string, send: (message: TryMessage) => unknown, version: number) {
    this.#machine = machine;
    this.#send = send;
    this.version = version;
  }

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
    const wait = patience(questions.length, within);
    const timer = setTimeout(() => resolve(undefined), wait).unref();
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
