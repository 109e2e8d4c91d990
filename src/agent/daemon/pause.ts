import { PrivateFiles } from '../private-files.ts';

const fileName = 'paused';

/** Longest that a timer may run, ms. */
const longest = 2 ** 31 - 1;

/** A person's wish that nothing be changed on this machine for a while; it survives restarts. */
export class Pause {
  readonly #files: PrivateFiles;
  readonly #over: () => void;
  #until: Date | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `over`: called when the time has come. */
  constructor(stateDir: string, over: () => void) {
    this.#files = new PrivateFiles(stateDir);
    this.#over = over;
    const text = this.#files.read(fileName);
    if (text === undefined) return;
    const until = new Date(text.trim());
    this.#set(until, until.getTime() - Date.now());
  }

  /** Until when, RFC 3339; undefined: not paused. */
  get until(): string | undefined {
    return this.#until?.toISOString();
  }

  /** Holds for so many ms. */
  begin(duration: number): void {
    const until = new Date(Date.now() + duration);
    this.#files.write(fileName, `${until.toISOString()}\n`);
    this.#set(until, duration);
  }

  end(): void {
    this.#files.remove(fileName);
    this.#set(undefined, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** `left`: ms from now; a clock that is put forward or back meanwhile changes nothing. */
  #set(until: Date | undefined, left: number): void {
    clearTimeout(this.#timer);
    this.#until = until && !Number.isNaN(until.getTime()) ? until : undefined;
    if (this.#until) this.#wait(left);
  }

  #wait(left: number): void {
    const step = Math.min(Math.max(left, 0), longest);
    this.#timer = setTimeout(() => {
      if (left > step) this.#wait(left - step);
      else {
        this.end();
        this.#over();
      }
    }, step);
  }
}
