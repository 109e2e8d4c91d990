import { type Host, leaseFile, type Run } from '#host';
import type { Change, HostState } from '#state';
import type { Turns } from '../daemon/turns.ts';
import type { Pair } from './asking.ts';
import { Exchange } from './exchange.ts';
import type { LearnedBySpace } from './learned.ts';
import type { Log, Part } from './log.ts';
import type { Conflict, Known, Machines } from './registry.ts';
import { SegmentTable } from './segment.ts';

/** ms to wait for more of the same. */
const settle = 5;

export interface TablesInit {
  readonly network: string;
  readonly stateFolder: string;
  readonly run: Run;
  readonly turns: Turns;
  readonly amend: (
    network: string,
    namespace: string,
    changes: readonly Change[],
  ) => ReturnType<Host['amend']>;
  readonly announce: Host['announce'];
  /** What was learnt is part of what the machine should be. */
  readonly learn: (learned: LearnedBySpace) => void;
  /** All of it is to be looked at. */
  readonly kick: () => void;
}

/** Machines that are known in a segment, on the port of a site and behind the gateways of others. */
export interface Counted extends Machines {
  readonly segment: string;
  readonly site: string;
}

/** Another site of a segment whose gateway and this one do not tell each other who is where. */
interface Unheard {
  readonly segment: string;
  readonly site: string;
  /** Of its gateway, and the TCP port there. */
  readonly address: string;
  readonly port: number;
}

/** What a state says of its segments, by namespace. */
const knownIn = ({ namespaces }: HostState): ReadonlyMap<string, Known> =>
  new Map(
    Object.entries(namespaces).flatMap(([space, { tables, fdb, neighbours, floods }]) =>
      (tables?.items ?? []).map((table): [string, Known] => [
        space,
        {
          ...{ table, fdb: fdb?.items ?? [], neighbours: neighbours?.items ?? [] },
          floods: (floods?.items ?? []).length > 0,
        },
      ]),
    ),
  );

const noAddresses: ReadonlySet<string> = new Set();

/** The tables of all segments of one network on this machine. */
export class Tables {
  readonly #init: TablesInit;
  readonly #segments = new Map<string, SegmentTable>();
  #exchange: Exchange | undefined;
  #state: HostState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wasSettled = false;
  #stopped = false;

  constructor(init: TablesInit) {
    this.#init = init;
  }

  get conflicts(): readonly (Conflict & { readonly segment: string })[] {
    return [...this.#segments.values()].flatMap(({ segment, conflicts }) =>
      conflicts.map((conflict) => ({ ...conflict, segment })),
    );
  }

  /** Sites that were not heard, or did not hear us, for a while. */
  get unheard(): readonly Unheard[] {
    const away = this.#exchange?.away(performance.now()) ?? noAddresses;
    return [...this.#segments.values()].flatMap(({ segment, table: { peers, port } }) =>
      peers
        .filter(({ address }) => away.has(address))
        .map(({ site, address }) => ({ segment, site, address, port })),
    );
  }

  /** How many machines are known in each segment, at the site of this machine. */
  get counts(): readonly Counted[] {
    return [...this.#segments.values()].map(({ segment, site, machines }) => ({
      segment,
      site,
      ...machines,
    }));
  }

  /** How many machines are known in the segment of a namespace; undefined: no table is kept of it. */
  machinesIn(space: string): Machines | undefined {
    return this.#segments.get(space)?.machines;
  }

  /** Which of these answer on the port of the segment in a namespace, within ms. @throws host/command-failed */
  async answering(space: string, pairs: readonly Pair[], ms: number): Promise<readonly Pair[]> {
    return (await this.#segments.get(space)?.answering(pairs, ms)) ?? [];
  }

  /** Machines that are on the port of the segment in a namespace, by sight or by a lease, and in no file. */
  unnamed(space: string): readonly Pair[] {
    return this.#segments.get(space)?.unnamed ?? [];
  }

  /** The machine has this state now; namespaces may be others than they were. */
  follow(state: HostState | undefined): void {
    if (this.#stopped) return;
    const known = state ? knownIn(state) : new Map<string, Known>();
    for (const [space, segment] of this.#segments) {
      if (known.has(space)) continue;
      segment.stop();
      this.#segments.delete(space);
    }
    this.#connect([...known.values()]);
    for (const [space, one] of known) this.#put(space, one, state !== this.#state);
    this.#state = state;
    this.#learn();
  }

  /** Before the machine is made what it should be: nobody looks into a namespace that is to be made anew. */
  letGo(): void {
    for (const segment of this.#segments.values()) segment.letGo();
  }

  #put(space: string, known: Known, isNews: boolean): void {
    const found = this.#segments.get(space);
    if (found && !isNews) return found.watch();
    const segment =
      found ??
      new SegmentTable(space, known, {
        run: this.#init.run,
        leases: leaseFile({ ...this.#init, namespace: space }),
        exchange: () => this.#exchange,
        changed: () => this.#later(),
      });
    this.#segments.set(space, segment);
    segment.follow(known);
  }

  #connect(known: readonly Known[]): void {
    const [first] = known;
    if (!first || !this.#exchange?.isAt(first.table.local, first.table.port)) {
      this.#exchange?.stop();
      this.#exchange = first && new Exchange(first.table.local, first.table.port, this.#heard);
    }
    const peers = known.flatMap(({ table }) => table.peers.map(({ address }) => address));
    this.#exchange?.follow(new Set(peers));
  }

  #segmentFor(at: string, name: string): SegmentTable | undefined {
    return [...this.#segments.values()].find(
      (segment) => segment.segment === name && segment.hasPeer(at),
    );
  }

  readonly #heard = {
    part: (at: string, part: Part): void => {
      const segment = this.#segmentFor(at, part.segment);
      if (!segment || segment.hear(at, part)) return;
      segment.lost(at);
      this.#exchange?.hangUp(at);
    },
    asked: (at: string, name: string, addresses: readonly string[]): void =>
      this.#segmentFor(at, name)?.asked(addresses),
    claimed: (at: string, name: string, of: readonly string[], mac?: string): void =>
      this.#segmentFor(at, name)?.disputes.claimed(at, of, mac),
    kept: (at: string, name: string, of: readonly string[]): void =>
      this.#segmentFor(at, name)?.disputes.kept(at, of),
    known: (at: string): Readonly<Record<string, [string, number]>> =>
      Object.fromEntries(
        [...this.#segments.values()].flatMap((segment) => {
          const heard = segment.heardOf(at);
          return heard ? [[segment.segment, heard]] : [];
        }),
      ),
    logsFor: (at: string): readonly Log[] =>
      [...this.#segments.values()]
        .filter((one) => one.mayTell && one.hasPeer(at))
        .map(({ log }) => log),
  };

  #later(): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#init.turns.run(() => this.#apply());
    }, settle);
  }

  async #apply(): Promise<void> {
    if (this.#stopped) return;
    const work = [...this.#segments.values()].map((one) => [one.space, one.take()] as const);
    const isSettled = this.#learn();
    const { amend, announce, network } = this.#init;
    const failed = [];
    for (const [space, { changes, announcements, answers }] of work) {
      // The kernel knows before anybody has heard it.
      void announce(space, announcements);
      if (changes.length > 0) failed.push(...(await amend(network, space, changes)));
      // Whoever waits sends at once.
      void announce(space, answers);
    }
    this.#exchange?.flush();
    // What was there before and nobody told of is seen by a look at the whole.
    if (failed.length > 0 || (isSettled && !this.#wasSettled)) this.#init.kick();
    this.#wasSettled = isSettled;
  }

  /** Gives whether all that others know was heard. */
  #learn(): boolean {
    const learned = new Map([...this.#segments].map(([space, { learned: all }]) => [space, all]));
    this.#init.learn(learned);
    return [...learned.values()].every(({ settled }) => settled);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const segment of this.#segments.values()) segment.stop();
    this.#exchange?.stop();
  }
}
