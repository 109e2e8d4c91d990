import { type ChildProcess, spawn } from 'node:child_process';
import { namespaceNow } from '../sockets.ts';

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
  /** Namespaces of others in which something of ours is. */
  places(): Iterable<string>;
  log(line: string): void;
}

/** A namespace, by its name and inode, and those who listen in it. */
interface Place {
  readonly inode: number;
  readonly children: Set<ChildProcess>;
}

/** Looks when the kernel says that something changed: once for many events, and not all the time. */
export class Watch {
  readonly #watched: Watched;
  readonly #own: Place = { inode: 0, children: new Set() };
  readonly #places = new Map<string, Place>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #rounds: NodeJS.Timeout;
  #stopped = false;
  #dirty = false;
  #looking = false;
  #vain = 0;
  #last = 0;

  constructor(watched: Watched) {
    this.#watched = watched;
    for (const argv of monitors) this.#start(argv, this.#own);
    this.#rounds = setInterval(() => {
      const isMoved = this.#follow();
      if (isMoved || !watched.holds()) this.#heard();
    }, round);
  }

  /**
   * Listens where something of ours is now; whether that is another namespace than before. As long as anybody is in one
   * that its cloud took down, it does not end, and our device in it does not either.
   */
  #follow(): boolean {
    const wanted = new Set(this.#watched.places());
    let isMoved = false;
    for (const name of new Set([...wanted, ...this.#places.keys()])) {
      const inode = wanted.has(name) ? namespaceNow(name) : undefined;
      const known = this.#places.get(name);
      if (known?.inode === inode) continue;
      isMoved = true;
      this.#places.delete(name);
      for (const child of known?.children ?? []) child.kill('SIGKILL');
      if (inode === undefined) continue;
      const place = { inode, children: new Set<ChildProcess>() };
      this.#places.set(name, place);
      for (const argv of monitors) this.#start(['ip', 'netns', 'exec', name, ...argv], place);
    }
    return isMoved;
  }

  #isOver(place: Place): boolean {
    return this.#stopped || (place !== this.#own && ![...this.#places.values()].includes(place));
  }

  /** Ends with the agent, also where that is killed. In a session of its own an interrupt spares it. */
  #start(argv: readonly string[], place: Place): void {
    if (this.#isOver(place)) return;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    place.children.add(child);
    child.stdout.on('data', () => this.#heard());
    child.once('error', () => undefined);
    child.once('close', () => {
      place.children.delete(child);
      if (this.#isOver(place)) return;
      this.#watched.log(`${argv.join(' ')} ended; it is started again`);
      this.#after(`start ${argv.join(' ')}`, restart, () => this.#start(argv, place));
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
    for (const { children } of [this.#own, ...this.#places.values()]) {
      for (const child of children) child.kill('SIGKILL');
    }
  }
}
