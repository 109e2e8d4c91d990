import { namespaceNow } from '../sockets.ts';
import type { Echo, Hearing } from './echo.ts';
import { heardIn } from './heard.ts';
import { Listener } from './listener.ts';

/** Of `ip monitor`, in every namespace. */
const objects = ['link', 'address', 'route', 'rule', 'netconf'] as const;

/** Told in the agent's own namespace. WireGuard tells nothing. */
const monitors = [
  ['ip', '-o', 'monitor', ...objects],
  ['nft', 'monitor', 'ruleset'],
] as const;

/** Told in one of ours: entries of a bridge are neighbours there, too. */
const monitorsInside = [
  ['ip', '-o', 'monitor', 'label', ...objects, 'neigh'],
  ['nft', 'monitor', 'ruleset'],
] as const;

/** ms to wait for more of the same. */
const settle = 100;

/** ms between looks at what tells nothing by itself. */
const round = 1_000;

/** ms between looks: a machine whose links always change is looked at less and less often. */
const gaps = { least: 250, most: 5_000, quiet: 10_000 } as const;

/** Names of the VXLAN devices that a namespace should have. */
export type Vxlans = ReadonlySet<string>;

export interface Watched {
  /** Something changed; says whether that was any of our affair. */
  changed(): Promise<boolean>;
  /** Whether what tells nothing by itself is as it was. */
  holds(): boolean;
  /** The namespaces, besides the agent's own, in which something of ours should be. */
  spaces(): ReadonlyMap<string, Vxlans>;
  /** What is written element by element. */
  readonly echo: Pick<Echo, 'isOwn' | 'heardBy'>;
  readonly log: (line: string) => void;
}

interface Inside {
  /** Of the namespace, not of its name: the name may be given to another. */
  readonly inode: number;
  readonly vxlans: Vxlans;
  readonly listener: Listener;
}

/** Looks when the kernel says that something changed: once for many events, and not all the time. */
export class Watch implements Hearing {
  readonly #watched: Watched;
  readonly #root: Listener;
  readonly #inside = new Map<string, Inside>();
  /** Where so much is written that nobody listens meanwhile. */
  readonly #left = new Set<string>();
  readonly #rounds: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #dirty = false;
  #looking = false;
  #vain = 0;
  #wasOurs = false;
  #last = 0;

  constructor(watched: Watched) {
    this.#watched = watched;
    const heard = (): void => this.#heard();
    this.#root = new Listener({ enter: [], monitors, heard, missed: heard, log: watched.log });
    this.#rounds = setInterval(() => this.#round(), round);
    watched.echo.heardBy(this);
  }

  #round(): void {
    this.#follow();
    if (!this.#watched.holds()) this.#heard();
  }

  /**
   * Listens in the namespaces that have the names now, and in no other: whoever listens in one that lost its name
   * keeps it alive, with the devices that are to come home from it.
   */
  #follow(): void {
    const wanted = this.#watched.spaces();
    for (const [space, { inode, listener }] of this.#inside) {
      if (wanted.has(space) && namespaceNow(space) === inode) continue;
      listener.stop();
      this.#inside.delete(space);
      this.#heard();
    }
    for (const [space, vxlans] of wanted) if (!this.#left.has(space)) this.#listenTo(space, vxlans);
  }

  leave(space: string): void {
    this.#left.add(space);
    this.#inside.get(space)?.listener.stop();
    this.#inside.delete(space);
  }

  enter(space: string): void {
    this.#left.delete(space);
    // The look that follows finds what we wrote ourselves, as that after an echo.
    this.#wasOurs = true;
    if (!this.#stopped) this.#follow();
  }

  #listenTo(space: string, vxlans: Vxlans): void {
    const known = this.#inside.get(space);
    const inode = known?.inode ?? namespaceNow(space);
    if (inode === undefined) return;
    const listener = known?.listener ?? this.#listenIn(space);
    this.#inside.set(space, { inode, vxlans, listener });
    // What happened before it was listened to nobody told.
    if (!known) this.#heard();
  }

  #listenIn(space: string): Listener {
    return new Listener({
      enter: ['ip', 'netns', 'exec', space],
      monitors: monitorsInside,
      heard: (line) => this.#heardInside(space, line),
      missed: () => this.#heard(),
      log: this.#watched.log,
    });
  }

  #heardInside(space: string, line: string): void {
    const heard = heardIn(line, this.#inside.get(space)?.vxlans ?? new Set());
    if (!heard) return;
    const { element } = heard;
    if (element === undefined || !this.#watched.echo.isOwn(space, element)) this.#heard();
  }

  #heard(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    if (!this.#looking) this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped) return;
    const now = performance.now();
    if (now - this.#last > gaps.quiet) this.#vain = 0;
    const gap = Math.min(gaps.least * 2 ** this.#vain, gaps.most);
    clearTimeout(this.#timer);
    const delay = Math.max(settle, this.#last + gap - now);
    this.#timer = setTimeout(() => void this.#look(), delay);
  }

  async #look(): Promise<void> {
    this.#dirty = false;
    this.#looking = true;
    try {
      const ours = await this.#watched.changed();
      // The first look after what we wrote ourselves finds the echo of that.
      const isEcho = this.#wasOurs && !ours;
      this.#wasOurs = ours;
      this.#vain = ours || isEcho ? 0 : this.#vain + 1;
    } finally {
      this.#looking = false;
      this.#last = performance.now();
      if (this.#dirty) this.#schedule();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#rounds);
    clearTimeout(this.#timer);
    this.#root.stop();
    for (const { listener } of this.#inside.values()) listener.stop();
  }
}
