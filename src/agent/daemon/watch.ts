import { type ChildProcess, spawn } from 'node:child_process';

/** Programs that print a line when something changes in the kernel; WireGuard has none. */
const monitors: readonly (readonly string[])[] = [
  ['ip', '-o', 'monitor', 'link', 'address', 'route', 'rule'],
  ['nft', 'monitor'],
];

/** ms to wait for more of the same, and until one that ended is started anew. */
const settle = 100;
const restart = 5_000;

/** ms between looks at what tells nothing by itself. */
const round = 1_000;

/** ms between looks: a machine whose links always change is looked at less and less often. */
const gaps = { least: 250, most: 5_000, quiet: 10_000 } as const;

export interface Watched {
  /** Something changed; says whether that was any of our affair. */
  changed(): Promise<boolean>;
  /** Whether what tells nothing by itself is as it was. */
  holds(): boolean;
  log(line: string): void;
}

/** Looks when the kernel says that something changed: once for many events, and not all the time. */
export class Watch {
  readonly #watched: Watched;
  readonly #children = new Set<ChildProcess>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #rounds: NodeJS.Timeout;
  #stopped = false;
  #dirty = false;
  #looking = false;
  #vain = 0;
  #last = 0;

  constructor(watched: Watched) {
    this.#watched = watched;
    for (const argv of monitors) this.#start(argv);
    this.#rounds = setInterval(() => {
      if (!watched.holds()) this.#heard();
    }, round);
  }

  /** Ends with the agent, also where that is killed. In a session of its own an interrupt spares it. */
  #start(argv: readonly string[]): void {
    if (this.#stopped) return;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    this.#children.add(child);
    child.stdout.on('data', () => this.#heard());
    child.once('error', () => undefined);
    child.once('close', () => {
      this.#children.delete(child);
      if (!this.#stopped) this.#watched.log(`${argv.join(' ')} ended; it is started again`);
      this.#after(`start ${argv[0]}`, restart, () => this.#start(argv));
      // What happened meanwhile nobody told.
      this.#heard();
    });
  }

  #after(name: string, delay: number, act: () => void): void {
    clearTimeout(this.#timers.get(name));
    if (!this.#stopped) this.#timers.set(name, setTimeout(act, delay));
  }

  #heard(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    if (!this.#looking) this.#schedule();
  }

  #schedule(): void {
    const now = performance.now();
    if (now - this.#last > gaps.quiet) this.#vain = 0;
    const gap = Math.min(gaps.least * 2 ** this.#vain, gaps.most);
    this.#after('look', Math.max(settle, this.#last + gap - now), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#dirty = false;
    this.#looking = true;
    try {
      const ours = await this.#watched.changed();
      this.#vain = ours ? 0 : this.#vain + 1;
    } finally {
      this.#looking = false;
      this.#last = performance.now();
      if (this.#dirty) this.#schedule();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#rounds);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
