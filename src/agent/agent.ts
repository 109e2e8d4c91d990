import { type Diagnostic, DiagnosticsError, HawserError, type Secret } from '#base';
import {
  type Devices,
  emptyWish,
  endpointKey,
  type Failure,
  findingOf,
  type Host,
  hostErrors,
  type Observation,
  type Wish,
} from '#host';
import {
  type Binding,
  type Change,
  describeChange,
  diff,
  type HostState,
  type Tunnel,
  trackedByBridge,
  type View,
  viewOf,
  wantsBridged,
} from '#state';
import { withoutAbsent } from './absent.ts';
import type { Adoption } from './adoption/adoption.ts';
import { asBefore, type Before } from './adoption/before.ts';
import { refuseElsewhere } from './adoption/differs.ts';
import { adoptedOf, type GivenBack, giveBack } from './adoption/give-back.ts';
import { type Parts, type Taking, takeOver, takingOf } from './adoption/take-over.ts';
import { agentErrors } from './errors.ts';
import { type Report, sortOut } from './report.ts';
import { MachineResolver } from './resolve.ts';
import {
  type LearnedBySpace,
  nothingLearned,
  withLearned,
  withoutUnsettled,
} from './segments/learned.ts';
import type { Store } from './store.ts';

export type AgentComponents = Parts;

/** A tunnel that was there before us, with what it was. */
type Adopted = Pick<Adoption, 'interface'> & { readonly before: Before | undefined };

const takenOver = ({ adoption: { network, interface: device } }: Taking): Diagnostic => {
  const args = { network, interface: device };
  return agentErrors.diagnostic('agent/taken-over', args, { severity: 'warning' });
};

type DevicesByNamespace = ReadonlyMap<string, Devices>;

/** What a state means on this machine now, and what it asks for that is not there. */
interface Intent {
  readonly wish: Wish;
  readonly findings: readonly Diagnostic[];
}

interface Look {
  readonly intent: Intent;
  /** What it takes for ours already, and is not yet. */
  readonly taking: Taking | undefined;
  readonly observation: Observation;
  readonly changes: readonly Change[];
}

/** Namespaces a state speaks of, and the agent's own. */
const namespacesOf = (state: HostState): readonly string[] => [
  'root',
  ...Object.keys(state.namespaces),
  ...Object.values(state.tunnels).map(({ livesIn }) => livesIn),
];

type Done = Pick<Report, 'changes' | 'failures'>;

const noSecrets: ReadonlyMap<string, Secret> = new Map();

const nothingDone: Done = { changes: [], failures: [] };

/**
 * With an address the kernel removes the routes that rest on it, and its secondary addresses; with a pair that
 * leads elsewhere now, and so is made anew, all that lay on it.
 */
const takesMore = ({ facility, kind }: Change): boolean =>
  (facility === 'addresses' && kind === 'remove') || (facility === 'veths' && kind === 'change');

const notDone = (change: Change): Diagnostic =>
  findingOf(hostErrors.error('host/not-done', { what: describeChange(change) }));

const isKeyDiffers = ({ code }: Diagnostic): boolean => code === 'agent/key-differs';

/** Tunnels by the first prefix of each binding that leaves a choice. */
type Choice = ReadonlyMap<string, string>;

const noChoice: Choice = new Map();

/** Brings one machine to what its networks' states say, again and again. */
export class Agent {
  /** Machines on the ports of a namespace hear where others are found from now on. */
  readonly announce: Host['announce'];
  readonly #host: Host;
  readonly #store: Store;
  readonly #parts: AgentComponents;
  readonly #secrets = new Map<string, ReadonlyMap<string, Secret>>();
  /** What the store is known to hold. */
  readonly #kept = new Map<string, HostState>();
  readonly #intents = new Map<
    string,
    {
      state: HostState;
      resolver: MachineResolver;
      before: Before | undefined;
      choice: Choice;
      learned: LearnedBySpace;
      intent: Intent;
    }
  >();
  readonly #tracked = new WeakMap<View, View>();
  readonly #choices = new Map<string, Choice>();
  /** By the way in which it was learnt; and all of it. No namespace is learnt of in two ways. */
  readonly #ways = new Map<string, Map<string, LearnedBySpace>>();
  readonly #learned = new Map<string, LearnedBySpace>();
  readonly #endpoints = new Map<string, ReadonlyMap<string, string>>();

  constructor(components: AgentComponents) {
    this.#host = components.host;
    this.announce = (...args) => components.host.announce(...args);
    this.#store = components.store;
    this.#parts = components;
  }

  /** Values never change under one `id@version`; new ones may have come since a state was read. */
  #secretsFor(network: string, state: HostState): ReadonlyMap<string, Secret> {
    const known = this.#secrets.get(network);
    const references = Object.values(state.tunnels).flatMap(({ peers }) =>
      Object.values(peers).flatMap(({ presharedKey: key }) =>
        key ? `${key.id}@${key.version}` : [],
      ),
    );
    if (known && references.every((reference) => known.has(reference))) return known;
    const loaded = references.length === 0 ? noSecrets : this.#store.secrets(network);
    this.#secrets.set(network, loaded);
    return loaded;
  }

  #endpointsOf(network: string): ReadonlyMap<string, string> {
    const known = this.#endpoints.get(network) ?? this.#store.endpoints(network);
    this.#endpoints.set(network, known);
    return known;
  }

  /** Our own key decides; a network that knows us by another one is told, of other lanes by the channel. */
  #publicKey({ network }: HostState, tunnel: Tunnel, findings: Diagnostic[]): string {
    const { file, publicKey: own } = this.#store.keyFor(network, tunnel);
    const known = tunnel.key.publicKey;
    if (known !== undefined && known !== own && tunnel.lane !== 1) {
      const args = { known, own, file, network };
      findings.push(findingOf(agentErrors.error('agent/key-differs', args)));
    }
    return own;
  }

  /** The wish of a state; made anew only when the state or what its names mean is another. */
  #intend(state: HostState, devices: DevicesByNamespace, adopted?: Adopted): Intent {
    const { network } = state;
    const before = adopted?.before;
    const known = this.#intents.get(network);
    const endpoints = this.#endpointsOf(network);
    const choice = this.#choices.get(network) ?? noChoice;
    const learned = this.#learned.get(network) ?? nothingLearned;
    const isSame =
      known?.state === state &&
      known.before === before &&
      known.choice === choice &&
      known.learned === learned;
    const splitsDns = this.#host.splitsDns();
    if (isSame && known.resolver.stillHolds(devices.get('root'), splitsDns)) {
      return { ...known.intent, wish: { ...known.intent.wish, endpoints } };
    }
    const findings: Diagnostic[] = [];
    const publicKey = (tunnel: Tunnel): string => this.#publicKey(state, tunnel, findings);
    const live = ({ prefixes }: Binding): string | undefined => choice.get(prefixes[0] ?? '');
    const resolver = new MachineResolver(devices.get('root'), splitsDns, publicKey, live);
    const wished = withLearned(viewOf(state, resolver), learned);
    const view = before ? asBefore(wished, adopted.interface, before) : wished;
    const secrets = this.#secretsFor(network, state);
    const tunnels = new Map(Object.values(state.tunnels).map((one) => [one.interface, one]));
    const wish: Wish = {
      network,
      view,
      keyFile: (item) => {
        const tunnel = tunnels.get(item.interface);
        return tunnel ? this.#store.keyFor(network, tunnel).file : this.#store.keyFile(network, 0);
      },
      secret: (reference) => secrets.get(reference),
      endpoints,
    };
    const intent = { wish, findings: [...findings, ...resolver.findings] };
    this.#intents.set(network, { state, resolver, before, choice, learned, intent });
    return intent;
  }

  /** Filters of what is bridged stand where this machine's kernel can ask them. */
  async #asTracked(intent: Intent): Promise<Intent> {
    const { view } = intent.wish;
    if (!wantsBridged(view) || !(await this.#host.tracksBridged())) return intent;
    const known = this.#tracked.get(view) ?? trackedByBridge(view);
    this.#tracked.set(view, known);
    return { ...intent, wish: { ...intent.wish, view: known } };
  }

  /** By which tunnels peers live that have several, from now on. */
  prefer(network: string, choice: Choice): void {
    this.#choices.set(network, choice);
  }

  /** What was learnt for a network in this way, from now on: it is there besides what its state says. */
  learn(network: string, way: 'segments' | 'lookups', learned: LearnedBySpace): void {
    const ways = this.#ways.get(network) ?? new Map<string, LearnedBySpace>();
    this.#ways.set(network, ways.set(way, learned));
    this.#learned.set(network, new Map([...ways.values()].flatMap((one) => [...one])));
  }

  /** What differs on the machine by this alone is changed, without a look at the rest. */
  amend(
    network: string,
    namespace: string,
    changes: readonly Change[],
  ): Promise<readonly Failure[]> {
    return this.#host.amend(network, namespace, changes);
  }

  /** In these namespaces, and in all others that we may have made. */
  async #devices(namespaces: readonly string[]): Promise<DevicesByNamespace> {
    return this.#host.devices([...namespaces, ...(await this.#host.spaces())]);
  }

  async #look(state: HostState): Promise<Look> {
    const there = await this.#devices(namespacesOf(state));
    const adoption = this.#store.adoptions.find(state.network);
    const taking = await takingOf(this.#parts, adoption, there);
    const devices = taking?.devices ?? there;
    const before = taking?.before ?? adoption?.before;
    const intended = this.#intend(state, devices, adoption && { ...adoption, before });
    const intent = await this.#asTracked(intended);
    const observation = await this.#host.observe(intent.wish, devices);
    const found = withoutAbsent(diff(observation.view, intent.wish.view));
    const learned = this.#learned.get(state.network) ?? nothingLearned;
    const changes = withoutUnsettled(found, state, learned);
    return { intent, taking, observation, changes };
  }

  /**
   * Makes the machine what the state says: looks, tells what differs, and does that alone. Where
   * something fails, the report says what a second look found.
   * @throws DiagnosticsError with host/...-taken, agent/key-differs or agent/adopt-..., before anything is done
   */
  async reconcile(state: HostState): Promise<Report> {
    const writes = this.#host.writes();
    const notes = [...this.#store.close()];
    const { intent, taking, observation, changes } = await this.#look(state);
    // A state that knows us by another key is likely another machine's: nothing of it is done.
    if (intent.findings.some(isKeyDiffers)) throw new DiagnosticsError(intent.findings);
    refuseElsewhere(state, taking?.adoption ?? this.#store.adoptions.taken(state.network));
    if (taking) {
      await takeOver(this.#parts, taking, observation, changes);
      notes.push(takenOver(taking));
    }
    const done = changes.length === 0 ? nothingDone : await this.#make(state, observation, changes);
    const forgotten = this.#tryToRemember(state, intent, done.failures.length === 0);
    return {
      network: state.network,
      unchanged: changes.length === 0 && intent.findings.length === 0,
      changes: done.changes,
      failures: [
        ...[...intent.findings, ...forgotten].map((error) => ({ error })),
        ...done.failures,
      ],
      notes: [...notes, ...observation.notes],
      backends: observation.backends,
      writes: this.#host.writes() - writes,
    };
  }

  /** What differs from a state; writes nothing. */
  async differences(state: HostState): Promise<readonly Change[]> {
    return (await this.#look(state)).changes;
  }

  /** Looks again where the kernel may have taken more away than we did, or something failed. */
  async #make(
    state: HostState,
    observation: Observation,
    changes: readonly Change[],
  ): Promise<Done> {
    const collisions = await observation.collisions(changes);
    if (collisions.length > 0) throw new DiagnosticsError(collisions);
    const failed = await observation.apply(changes);
    if (failed.length === 0 && !changes.some(takesMore)) return { changes, failures: [] };
    const second = await this.#look(state);
    if (failed.length > 0 || second.changes.length === 0) {
      return sortOut(changes, failed, second.changes, notDone);
    }
    const failedAgain = await second.observation.apply(second.changes);
    const { changes: remaining } = await this.#look(state);
    return sortOut([...changes, ...second.changes], failedAgain, remaining, notDone);
  }

  /** What was done is done, also where it cannot be kept: that is told, and tried again. */
  #tryToRemember(state: HostState, intent: Intent, complete: boolean): readonly Diagnostic[] {
    try {
      this.#remember(state, intent, complete);
      return [];
    } catch (error) {
      if (!(error instanceof HawserError)) throw error;
      return [findingOf(error)];
    }
  }

  /** Keeps what was reached; files are written only where they say something new. */
  #remember(state: HostState, { wish }: Intent, complete: boolean): void {
    if (!complete) {
      this.#intents.delete(state.network);
      return;
    }
    const set = new Map<string, string>();
    for (const [namespace, items] of wish.view) {
      for (const [id, { endpoint }] of items.peers) {
        if (endpoint !== undefined) set.set(endpointKey(namespace, id), endpoint);
      }
    }
    if (!sameMap(set, wish.endpoints)) {
      this.#store.keepEndpoints(state.network, set);
      this.#endpoints.set(state.network, set);
    }
    if (this.#kept.get(state.network) !== state) this.#store.keepState(state);
    this.#kept.set(state.network, state);
  }

  /**
   * Removes everything of a network that the kernel or /run knows of; keys stay, and so do tunnels that
   * were there before it.
   */
  async cleanup(network: string): Promise<Report> {
    const writes = this.#host.writes();
    const { notes, failures } = await this.#giveBack(network);
    // What could not be given back must not be taken for ours: the next try begins there.
    const done =
      failures.length > 0
        ? { changes: [], failures, backends: {} }
        : await this.#removeAll(network);
    if (done.failures.length === 0) this.#store.forget(network);
    this.#secrets.delete(network);
    this.#intents.delete(network);
    this.#endpoints.delete(network);
    this.#kept.delete(network);
    this.#learned.delete(network);
    this.#ways.delete(network);
    return {
      network,
      unchanged: done.changes.length === 0 && done.failures.length === 0,
      ...done,
      notes,
      writes: this.#host.writes() - writes,
    };
  }

  async #removeAll(network: string): Promise<Done & Pick<Report, 'backends'>> {
    const wish = emptyWish(network);
    const look = async () => {
      const observation = await this.#host.observe(wish, await this.#devices(['root']));
      return { observation, changes: diff(observation.view, wish.view) };
    };
    const { observation, changes } = await look();
    const failed = await observation.apply(changes);
    const remaining = failed.length === 0 ? [] : (await look()).changes;
    const { backends } = observation;
    return { ...sortOut(changes, failed, remaining, notDone), backends };
  }

  /** What a network took over is given back; the will to take it over stays. */
  async #giveBack(network: string): Promise<GivenBack> {
    const adoption = this.#store.adoptions.find(network);
    const devices = (await this.#host.devices(['root'])).get('root');
    const done: GivenBack[] = [];
    for (const device of adoptedOf(network, devices, adoption)) {
      done.push(await giveBack(this.#parts, network, device, adoption?.before));
    }
    const failures = done.flatMap((one) => one.failures);
    if (adoption && failures.length === 0) {
      const { before: _, ...rest } = adoption;
      this.#store.adoptions.put(rest);
    }
    return { notes: done.flatMap(({ notes }) => notes), failures };
  }
}

const sameMap = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
