import { type Model, type Trace, trace } from '#compile';
import { Address } from '#ip';
import type { Network, Port } from '#spec';
import { familyOf } from './address.ts';
import { classText, namesOf, questionOf } from './exhaustive.ts';
import { allowed } from './policy.ts';
import { localAddresses } from './routing.ts';
import { type Hop, type Question, type WalkResult, walkOn } from './walker.ts';
import { type Party, podDevice, Terrain, tunnelOn, type World } from './world.ts';

/** One flow, seen by all: the packet walker, the policy as written and, between machines, `trace`. */
export interface Flow {
  readonly question: Question;
  readonly to: string;
  readonly port: Port;
  readonly walk: WalkResult;
  readonly trace?: Trace;
}

const free: Port[] = [
  { protocol: 'tcp', first: 9, last: 9 },
  { protocol: 'udp', first: 9, last: 9 },
  // WireGuard's own port, inside the tunnel: nothing may take these packets for its own.
  { protocol: 'udp', first: 51820, last: 51820 },
];

const dns: Port[] = (['tcp', 'udp'] as const).map((protocol) => ({
  protocol,
  first: 53,
  last: 53,
}));

/** ICMP, both ends of every range of ports that the policy names, and ports it does not name. */
export function classesOf(network: Network): Port[] {
  const named = (network.policy ?? []).flatMap((rule) => rule.ports ?? []);
  const ends = named.flatMap((port): Port[] =>
    port.protocol === 'icmp'
      ? []
      : [port.first, port.last].map((n) => ({ protocol: port.protocol, first: n, last: n })),
  );
  const all: Port[] = [{ protocol: 'icmp' }, ...ends, ...free, ...(network.dns ? dns : [])];
  return [...new Map(all.map((port) => [classText(port), port])).values()];
}

/** A pod of each range that lives on a node. */
const podsOn = (party: Party): string[] =>
  (party.machine?.pods ?? []).map((range) =>
    (range.first.next() ?? Address.parse('::')).toString(),
  );

const familiesOf = (party: Party): Set<number> => new Set(localAddresses(party).map(familyOf));

/** Every pair in every class: from a machine and from its pods, to each address and to a pod. */
export function* flowsOf(model: Model, world: World): Generator<Flow> {
  const terrain = new Terrain(world);
  const names = namesOf(model.network);
  const classes = classesOf(model.network);
  for (const from of names) {
    for (const to of names.filter((name) => name !== from)) {
      for (const port of classes) yield* flowsBetween(model, terrain, from, to, port);
    }
  }
}

function* flowsBetween(
  model: Model,
  terrain: Terrain,
  from: string,
  to: string,
  port: Port,
): Generator<Flow> {
  const [sender, receiver] = [terrain.party(from), terrain.party(to)];
  const targets = [...localAddresses(receiver), ...podsOn(receiver)];
  for (const destination of targets.filter((a) => familiesOf(sender).has(familyOf(a)))) {
    const question = questionOf(from, destination, port);
    const seen = trace(model, from, destination, port);
    yield { question, to, port, walk: walkOn(terrain, question), trace: seen };
  }
  for (const source of podsOn(sender)) {
    for (const destination of targets.filter((a) => familyOf(a) === familyOf(source))) {
      const question = { ...questionOf(from, destination, port), source };
      yield { question, to, port, walk: walkOn(terrain, question) };
    }
  }
}

/** What is wrong about a flow, in words; empty if all agree. */
export function disagreements(flow: Flow, network: Network, terrain: Terrain): string[] {
  const { question, to, port, walk, trace: seen } = flow;
  const asked = walk.verdict === 'deny' || enforced(terrain, walk.hops);
  const source = question.source === undefined ? '' : ` (${question.source})`;
  return [
    ...(seen ? [...verdictsDiffer(seen, walk, asked, network), ...waysDiffer(seen, walk)] : []),
    ...policyDiffers(flow, network, asked),
    ...packetsLost(walk),
  ].map(
    (what) =>
      `${question.from}${source} -> ${to} (${question.destination}) ${classText(port)}: ${what}`,
  );
}

/**
 * Whether a filter of ours must ask the policy about this way: at the machine where it leaves its
 * last tunnel, or before that tunnel if nothing of ours runs at its end.
 */
export function enforced(terrain: Terrain, hops: readonly Hop[]): boolean {
  const last = hops.findLastIndex(
    (hop) => hop.interface !== undefined && tunnelOn(terrain.party(hop.machine), hop.interface),
  );
  const [sender, receiver] = last < 0 ? [] : hops.slice(last, last + 2);
  return [sender, receiver].some((hop) => hop !== undefined && terrain.party(hop.machine).ours);
}

function verdictsDiffer(seen: Trace, walk: WalkResult, asked: boolean, network: Network): string[] {
  const arrives = seen.verdict === 'outside' ? 'allow' : seen.verdict;
  if (arrives !== walk.verdict) {
    return [
      `trace says ${seen.verdict} (${seen.reason}), the walker ${walk.verdict} (${walk.reason})`,
    ];
  }
  const isOutside = seen.verdict === 'outside';
  if (walk.verdict === 'unreachable' || network.policy === undefined || isOutside !== asked)
    return [];
  return [`trace says ${seen.verdict}, but the policy is ${asked ? '' : 'not '}asked`];
}

function waysDiffer(seen: Trace, walk: WalkResult): string[] {
  if (seen.verdict === 'unreachable' || walk.verdict === 'unreachable') return [];
  const source = walk.hops[0]?.source;
  return [
    ...(source === seen.source
      ? []
      : [`trace sends from ${seen.source}, the walker from ${source}`]),
    ...wayDiffers('goes', seen.hops, walk.hops, walk.verdict),
    ...wayDiffers('comes back', seen.back, walk.back, walk.verdict),
    ...decisionsDiffer(seen, walk),
  ];
}

function wayDiffers(
  verb: string,
  seen: readonly Hop[],
  walked: readonly Hop[],
  verdict: string,
): string[] {
  const [theirs, ours] = [tell(seen, verdict), tell(walked, verdict)];
  return theirs === ours ? [] : [`trace ${verb} ${theirs}, the walker ${ours}`];
}

/** Pods are part of their node, and what carries packets inside a site is all `lan`. */
const tellHop = (hop: Hop): string => {
  const out = hop.interface === undefined || hop.interface === podDevice ? '' : `/${hop.interface}`;
  const tunnel = hop.peer === undefined ? '' : `>${hop.peer} (${hop.mtu} bytes)`;
  return `${hop.machine}${out}${tunnel}`;
};

/**
 * A way as text, without the LANs' own routers; where a filter ends it, the machine of that filter
 * has no hop of its own.
 */
const tell = (hops: readonly Hop[], verdict: string): string =>
  hops
    .filter((hop) => !hop.machine.endsWith(' router'))
    .filter(
      (hop, i, all) => verdict !== 'deny' || i < all.length - 1 || hop.interface !== undefined,
    )
    .map(tellHop)
    .join(' ');

function decisionsDiffer(seen: Trace, walk: WalkResult): string[] {
  if (!walk.deniedBy || seen.verdict !== 'deny') return [];
  const { machine, counter } = walk.deniedBy;
  const { decision } = seen;
  if (decision?.machine === machine && decision.counter === counter) return [];
  return [
    `trace says ${decision?.machine}/${decision?.counter} refuses, the walker ${machine}/${counter}`,
  ];
}

/** The policy speaks of the addresses by which the two ends are known on the way. */
function policyDiffers(
  { question, to, port, walk }: Flow,
  network: Network,
  asked: boolean,
): string[] {
  const [first] = walk.hops;
  if (walk.verdict === 'unreachable' || !first) return [];
  const ends: Record<string, string[]> = {
    [question.from]: [first.source],
    [to]: [first.destination],
  };
  const may = allowed(network, (name) => ends[name] ?? [], question.from, to, port);
  const expected = !asked || may ? 'allow' : 'deny';
  if (walk.verdict === expected) return [];
  const words = asked ? (may ? 'allows it' : 'forbids it') : 'is not asked';
  return [`the policy ${words}, the walker says ${walk.verdict}: ${walk.reason}`];
}

const packetsLost = (walk: WalkResult): string[] =>
  walk.verdict !== 'allow'
    ? []
    : [
        ...walk.tooLarge.map((name) => `${name} hands out packets too large for the network below`),
        ...walk.silent.map((name) => `"fragmentation needed" of ${name} does not reach the sender`),
      ];
