import { type ChildProcess, spawn } from 'node:child_process';

/** ms until a monitor that ended is started anew: `nft monitor` dies of some sets that it is told of. */
const restart = 1_000;
/** ms at most between two starts of one that ends at once, as `nft monitor` on a kernel without nftables. */
const rarest = 30_000;

export interface ListenerInit {
  /** What leads into the namespace; nothing for the agent's own. */
  readonly enter: readonly string[];
  /** Programs that print a line when something changes in the kernel. */
  readonly monitors: readonly (readonly string[])[];
  readonly heard: (line: string) => void;
  /** A monitor ended and nobody told what happened meanwhile. */
  readonly missed: () => void;
  readonly log: (line: string) => void;
}

/** Hears what changes in one namespace, by a process for each kind of it. */
export class Listener {
  readonly #init: ListenerInit;
  readonly #children = new Set<ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  constructor(init: ListenerInit) {
    this.#init = init;
    for (const argv of init.monitors) this.#start(argv);
  }

  /** Ends with the agent, also where that is killed. */
  #start(argv: readonly string[], pause = restart): void {
    const began = performance.now();
    const { enter, log, missed } = this.#init;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...enter, ...argv], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    this.#children.add(child);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (!this.#stopped) for (const line of lines) this.#init.heard(line);
    });
    child.once('error', () => undefined);
    child.once('close', () => {
      this.#children.delete(child);
      if (this.#stopped) return;
      log(`${[...enter, ...argv].join(' ')} ended; it is started again`);
      const endedAtOnce = performance.now() - began < restart;
      const next = endedAtOnce ? Math.min(2 * pause, rarest) : restart;
      this.#later(() => this.#start(argv, next), pause);
      missed();
    });
  }

  #later(act: () => void, pause: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, pause);
    this.#timers.add(timer);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
