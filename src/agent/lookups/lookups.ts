import { canonicalJson, type Diagnostic, HawserError } from '#base';
import { findingOf, type Host } from '#host';
import type { Change, HostState, Lookup, NftElementItem } from '#state';
import { Again } from '../daemon/again.ts';
import type { Turns } from '../daemon/turns.ts';
import { agentErrors } from '../errors.ts';
import { changeOf, type LearnedBySpace, nothingLearned } from '../segments/learned.ts';
import type { Store } from '../store.ts';
import { type Known, unknown } from './answers.ts';
import type { askMachine } from './dns.ts';
import { type KnownHosts, learnedOf, lookupsIn } from './learned.ts';
import { lookUp } from './look-up.ts';
import { type Pace, paceAfter } from './pace.ts';

export interface LookupsInit {
  readonly network: string;
  readonly store: Pick<Store, 'hosts' | 'keepHosts'>;
  readonly ask: typeof askMachine;
  readonly turns: Turns;
  readonly amend: Host['amend'];
  /** What was found is part of what the machine should be. */
  readonly learn: (learned: LearnedBySpace) => void;
  /** All of it is to be looked at. */
  readonly kick: () => void;
  readonly say: (line: string) => void;
}

const noElements: ReadonlyMap<string, NftElementItem> = new Map();

interface Watched {
  readonly lookups: readonly Lookup[];
  readonly again: Again;
  pace?: Pace;
}

/** Keeps sets of addresses as DNS has the names that they are of. */
export class Lookups {
  readonly #init: LookupsInit;
  readonly #watched = new Map<string, Watched>();
  #known: KnownHosts;
  #state: HostState | undefined;
  #learned: LearnedBySpace = nothingLearned;
  #unkept: Diagnostic | undefined;

  constructor(init: LookupsInit) {
    this.#init = init;
    this.#known = init.store.hosts(init.network);
  }

  /** What stands in the way of names, and what they must not be. */
  get findings(): readonly Diagnostic[] {
    const found = [...this.#watched.keys()].flatMap((host) =>
      findingsOf(host, this.#known.get(host) ?? unknown),
    );
    return this.#unkept ? [...found, this.#unkept] : found;
  }

  /** What is known already belongs to a state from the beginning. */
  expect(state: HostState): void {
    if (this.#state !== state) this.#learn(state);
  }

  /** The machine has this state now. */
  follow(state: HostState | undefined): void {
    if (state && this.#state !== state) this.#learn(state);
    this.#state = state;
    const all = [...(state ? lookupsIn(state).values() : [])].flat();
    const wanted = Map.groupBy(all, ({ host }) => host);
    for (const [host, { again, lookups }] of this.#watched) {
      if (canonicalJson(wanted.get(host) ?? []) === canonicalJson(lookups)) wanted.delete(host);
      else {
        again.stop();
        this.#watched.delete(host);
      }
    }
    for (const [host, lookups] of wanted) this.#watch(host, lookups);
  }

  stop(): void {
    for (const { again } of this.#watched.values()) again.stop();
  }

  #watch(host: string, lookups: readonly Lookup[]): void {
    const again = new Again(() => this.#look(host, watched));
    const watched: Watched = { lookups, again };
    this.#watched.set(host, watched);
    again.later(0);
  }

  async #look(host: string, watched: Watched): Promise<void> {
    const { ask } = this.#init;
    const before = this.#known.get(host) ?? unknown;
    const { known, next } = await lookUp(ask, host, watched.lookups, before);
    if (watched.again.isStopped) return;
    watched.pace = paceAfter(known, next, watched.pace);
    watched.again.later(watched.pace.wait);
    this.#tell(host, before, known);
    await this.#put(host, known);
  }

  /** In the log stands each finding that was not there at the look before. */
  #tell(host: string, before: Known, after: Known): void {
    const [was = [], is = []] = [before, after].map((known) =>
      findingsOf(host, known).map(({ message }) => message),
    );
    for (const line of is) if (!was.includes(line)) this.#init.say(line);
    if (was.length > 0 && is.length === 0) this.#init.say(`${host} is found again`);
  }

  async #put(host: string, known: Known): Promise<void> {
    const before = this.#known.get(host) ?? unknown;
    this.#known = new Map([...this.#known, [host, known]]);
    const isNews = addressesOf(before) !== addressesOf(known);
    if (!isNews || !this.#state) return;
    this.#keep();
    await this.#init.turns.run(() => this.#apply());
  }

  /** For the next start, with the names that are wanted alone. */
  #keep(): void {
    const hosts = new Map([...this.#known].filter(([host]) => this.#watched.has(host)));
    try {
      this.#init.store.keepHosts(this.#init.network, hosts);
      this.#unkept = undefined;
    } catch (error) {
      if (!(error instanceof HawserError)) throw error;
      this.#unkept = findingOf(error);
    }
  }

  #learn(state: HostState): void {
    this.#learned = learnedOf(state, this.#known);
    this.#init.learn(this.#learned);
  }

  /** What other addresses mean for the sets of their names alone. */
  async #apply(): Promise<void> {
    if (!this.#state) return;
    const before = this.#learned;
    this.#learn(this.#state);
    const { amend, network, kick } = this.#init;
    for (const [space, { 'nft-elements': after }] of this.#learned) {
      const was = before.get(space)?.['nft-elements'] ?? noElements;
      const ids = new Set([...was.keys(), ...after.keys()]);
      const changes = [...ids].flatMap((id): readonly Change[] =>
        changeOf(space, 'nft-elements', was.get(id), after.get(id)),
      );
      // A namespace that is not there yet gets them with all the rest.
      if (changes.length > 0 && (await amend(network, space, changes)).length > 0) kick();
    }
  }
}

const addressesOf = ({ until }: Known): string => Object.keys(until).sort().join();

/** That one family of a name is not found, and what is taken for it. */
function halfOf(host: string, { until, half }: Known): readonly Diagnostic[] {
  if (!half) return [];
  const { why } = half;
  const kept = Object.keys(until).filter((one) => one.includes(':') === (half.family === 6));
  const [family, type] = half.family === 6 ? ['IPv6', 'AAAA'] : ['IPv4', 'A'];
  const taken =
    kept.length === 0
      ? 'nothing leaves towards it'
      : `it is taken to be where it was last, at ${kept.sort().join(', ')}`;
  const args = { host, family, type, taken, why };
  return [agentErrors.diagnostic('agent/host-half', args, { severity: 'warning' })];
}

function findingsOf(host: string, known: Known): readonly Diagnostic[] {
  const { until, failure, refused } = known;
  const addresses = Object.keys(until).sort().join(', ');
  const warning = { severity: 'warning' } as const;
  return [
    ...(failure === undefined
      ? []
      : [
          addresses === ''
            ? agentErrors.diagnostic('agent/host-unknown', { host, why: failure }, warning)
            : agentErrors.diagnostic('agent/host-lost', { host, why: failure, addresses }, warning),
        ]),
    ...halfOf(host, known),
    ...(refused.length === 0
      ? []
      : [
          agentErrors.diagnostic(
            'agent/host-refused',
            { host, addresses: refused.join(', ') },
            warning,
          ),
        ]),
  ];
}
