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
    if (text !== undefined) this.#set(new Date(text.trim()));
  }

  /** Until when, RFC 3339; undefined: not paused. */
  get until(): string | undefined {
    return this.#until?.toISOString();
  }

  /** Holds for so many ms. */
  begin(duration: number): void {
    const until = new Date(Date.now() + duration);
    this.#files.write(fileName, `${until.toISOString()}\n`);
    this.#set(until);
  }

  end(): void {
    this.#files.remove(fileName);
    this.#set(undefined);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #set(until: Date | undefined): void {
    clearTimeout(this.#timer);
    this.#until = until && !Number.isNaN(until.getTime()) ? until : undefined;
    if (this.#until) this.#wait(this.#until);
  }

  #wait(until: Date): void {
    const left = until.getTime() - Date.now();
    this.#timer = setTimeout(
      () => {
        if (until.getTime() > Date.now()) this.#wait(until);
        else {
          this.end();
          this.#over();
        }
      },
      Math.min(Math.max(left, 0), longest),
    );
  }
}
