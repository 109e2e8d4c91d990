import { Address, Prefix } from '#ip';
import type { Port } from '#spec';
import type { Namespace, NftTable, Route, Rule } from '#state';
import { Filter, type Packet, type Passage } from './filter.ts';

/** The first packet of a flow, as it comes to a router. */
interface Arrival {
  readonly incoming: string;
  readonly source: Address;
  readonly destination: Address;
  readonly port: Port;
  /** Sets that the agent fills, which hold the destination. */
  readonly heldBy?: readonly string[];
}

/** What a router makes of a flow, there and back. */
export interface Passed {
  /** `taken`: it is for the router itself; `lost`: there is no route, or nothing is forwarded. */
  readonly fate: 'passes' | 'taken' | 'refused' | 'lost';
  readonly counter?: string | undefined;
  /** By which device it goes on; `theirs`: by one that is not of ours. */
  readonly outgoing?: string | undefined;
  /** From whom it seems to come as it goes on; absent: from the router, by whichever address its device has. */
  readonly source?: Address | undefined;
  readonly destination: Address;
  /** The port for which it goes on. */
  readonly target?: number | undefined;
}

/** A device of others, in a namespace of theirs: by which of them something goes on is in no state of ours. */
export const theirs = '';
/** No device of an address of the router: what is for that is for itself. */
export const self = 'lo';
const mainTable = 254;

interface Leading {
  readonly prefix: Prefix;
  readonly device: string;
  readonly table: number;
}

/** A router of ours, by its compiled namespace and nothing else: filter, translations, routes, rules, what it forwards. */
export class RouterSpace {
  readonly #filter: Filter;
  readonly #own: readonly Address[];
  readonly #routes: readonly Leading[];
  readonly #rules: readonly Rule[];
  readonly #forwarding: ReadonlySet<string>;
  readonly #isExternal: boolean;
  /** Ports at which what the filter says may change, in order. */
  readonly edges: readonly number[];
  /** The ranges of which filter and routes speak. */
  readonly ranges: readonly Prefix[];

  constructor(space: Namespace, table: NftTable) {
    this.#filter = new Filter(table);
    this.#own = (space.addresses?.items ?? []).map(({ address }) => hostOf(address));
    this.#routes = routesOf(space);
    this.#rules = (space.rules?.items ?? []).toSorted((a, b) => a.priority - b.priority);
    const forwarding = space.forwarding?.items ?? [];
    this.#forwarding = new Set(
      forwarding.map(({ device, family }) => `${nameOf(device)} ${family}`),
    );
    this.#isExternal = space.external !== undefined;
    this.edges = edgesOf(table);
    this.ranges = rangesOf(table, this.#routes);
  }

  /** What becomes of a flow; of many ports what becomes of the first that does not pass, if one does not. */
  follow(arrival: Arrival): Passed {
    const all = this.#portsIn(arrival.port).map((port) => this.#followOne(arrival, port));
    return all.find(({ fate }) => fate === 'refused' || fate === 'lost') ?? (all[0] as Passed);
  }

  /** One port of each range that the filter tells apart. */
  #portsIn(port: Port): readonly number[] {
    if (port.protocol === 'icmp') return [0];
    const inner = this.edges.filter((edge) => port.first < edge && edge <= port.last);
    return [port.first, ...inner];
  }

  #followOne({ incoming, source, destination, port, heldBy }: Arrival, first: number): Passed {
    const original = { source, destination };
    const packet: Packet = {
      ...original,
      ...{ original, protocol: port.protocol, port: first, state: 'new' },
      ...(heldBy && { heldBy }),
    };
    const there = this.#pass(packet, incoming);
    if (there.fate !== 'passes') return there;
    const answer: Packet = {
      ...packet,
      ...{ source: there.destination, destination: source, state: 'established' },
      ctMark: there.ctMark,
    };
    const back = this.#pass(answer, there.outgoing ?? theirs);
    return back.fate === 'passes' && back.outgoing === incoming
      ? there
      : { ...there, fate: back.fate === 'refused' ? 'refused' : 'lost', counter: back.counter };
  }

  /** One packet, from one of its devices to another. */
  #pass(arrived: Packet, incoming: string): Passed & Pick<Packet, 'ctMark'> {
    const { packet, target } = this.#translatedIn(arrived, { hook: 'prerouting', incoming });
    const { source, destination } = packet;
    const arrival = this.#filter.evaluate(packet, { hook: 'prerouting', incoming });
    const end = { source, destination, counter: arrival.counter, target };
    if (!arrival.accepted) return { ...end, fate: 'refused' };
    const outgoing = this.#routeTo(destination, arrival.mark);
    const marked = { ...packet, mark: arrival.mark, ctMark: arrival.ctMark };
    const isLost = outgoing === undefined || !this.#forwards(incoming, outgoing, destination);
    if (isLost) return { ...end, fate: 'lost' };
    const hook = outgoing === self ? 'input' : 'forward';
    const passage = { hook, incoming, outgoing } as const;
    const { accepted, counter, ctMark } = this.#filter.evaluate(marked, passage);
    const there = { ...end, counter, outgoing };
    if (!accepted) return { ...there, fate: 'refused' };
    if (outgoing === self) return { ...there, fate: 'taken' };
    const seen = this.#sourceOf(marked, { ...passage, hook: 'postrouting' });
    return { ...there, fate: 'passes', ctMark, source: seen };
  }

  #translatedIn(packet: Packet, passage: Passage) {
    const verdict = this.#translation(packet, passage);
    const [, text, target] = /^dnat ip6? to \[?([^\]]+?)\]?:(\d+)$/.exec(verdict ?? '') ?? [];
    if (text === undefined) return { packet };
    return { packet: { ...packet, destination: Address.parse(text) }, target: Number(target) };
  }

  #sourceOf(packet: Packet, passage: Passage): Address | undefined {
    const verdict = this.#translation(packet, passage);
    if (verdict === 'masquerade') return undefined;
    const [, text] = /^snat ip6? to (\S+)$/.exec(verdict ?? '') ?? [];
    return text === undefined ? packet.source : Address.parse(text);
  }

  /** Answers are translated back by how their flow began. */
  #translation(packet: Packet, passage: Passage): string | undefined {
    return packet.state === 'new' ? this.#filter.translation(packet, passage) : undefined;
  }

  #routeTo(destination: Address, mark: number | undefined): string | undefined {
    if (this.#own.some((address) => address.equals(destination))) return self;
    const { family } = destination;
    const rules = this.#rules.filter(
      (rule) => rule.family === family && rule.not !== (rule.fwmark === (mark ?? 0)),
    );
    for (const table of [...rules.map((rule) => rule.table), mainTable]) {
      const found = this.#routes.find(
        (route) => route.table === table && route.prefix.contains(destination),
      );
      if (found) return found.device;
    }
    return this.#isExternal ? theirs : undefined;
  }

  /** By a device of ours that it comes by, and of others they have seen to that. */
  #forwards(incoming: string, outgoing: string, { family }: Address): boolean {
    if (outgoing === self || incoming === theirs) return true;
    return this.#forwarding.has(`${incoming} ${family}`);
  }
}

/** Those of routers have names; another is none of theirs. */
const nameOf = (device: Route['device']): string => (typeof device === 'string' ? device : theirs);

/** The address itself of `10.5.0.2/24`. */
const hostOf = (text: string): Address => Address.parse(text.split('/')[0] ?? '');

/** The longest first; what is on a device's own network needs none. */
function routesOf({ addresses, routes }: Namespace): readonly Leading[] {
  const connected = (addresses?.items ?? []).map(({ device, address }): Leading => {
    const length = Number(address.split('/')[1]);
    return { prefix: Prefix.of(hostOf(address), length), device: nameOf(device), table: mainTable };
  });
  const led = (routes?.items ?? []).flatMap(({ prefix, device, table, type }): Leading[] =>
    type === 'unreachable' ? [] : [{ prefix: Prefix.parse(prefix), device: nameOf(device), table }],
  );
  return [...connected, ...led].sort((a, b) => b.prefix.length - a.prefix.length);
}

const ports = ['ct original proto-dst', 'tcp dport', 'udp dport'];

function edgesOf({ chains }: NftTable): readonly number[] {
  const spans = chains
    .flatMap(({ rules }) => rules)
    .flatMap(({ match }) => match)
    .filter(({ left }) => ports.includes(left))
    .flatMap(({ right }) => right);
  const edges = spans.flatMap((span) => {
    const [first = 0, last = first] = span.split('-').map(Number);
    return [first, last + 1];
  });
  return [...new Set(edges)].sort((a, b) => a - b);
}

const isRange = (text: string): boolean => /^[\da-f.:]+\/\d+$/.test(text);

function rangesOf({ chains, sets }: NftTable, routes: readonly Leading[]): readonly Prefix[] {
  const matched = chains
    .flatMap(({ rules }) => rules)
    .flatMap(({ match }) => match)
    .flatMap(({ right }) => right);
  const texts = [...matched, ...sets.flatMap(({ elements }) => elements)].filter(isRange);
  const led = routes.map(({ prefix }) => String(prefix));
  return [...new Set([...texts, ...led])].map((text) => Prefix.parse(text));
}
