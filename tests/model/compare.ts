import { type Model, trace, type Trace } from '#compile';
import type { Network, Port } from '#spec';
import { address, type Family, familyOf } from './address.ts';
import { classText, namesOf, questionOf } from './exhaustive.ts';
import { allowed } from './policy.ts';
import { localAddresses } from './routing.ts';
import { type Hop, type WalkResult, walkOn } from './walker.ts';
import { Terrain, tunnelOn, type World } from './world.ts';

/** One flow, seen by both. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: Port;
  readonly family: Family;
  readonly trace: Trace;
  readonly walk: WalkResult;
}

const unnamed: Port[] = [
  { protocol: 'tcp', first: 9, last: 9 },
  { protocol: 'udp', first: 9, last: 9 },
  { protocol: 'udp', first: 51820, last: 51820 },
];

/** ICMP, both ends of every range of ports that the policy names, and ports it does not name. */
export function classesOf(network: Network): Port[] {
  const named = (network.policy ?? []).flatMap((rule) => rule.ports ?? []);
  const ends = named.flatMap((port): Port[] =>
    port.protocol === 'icmp'
      ? []
      : [port.first, port.last].map((n) => ({ protocol: port.protocol, first: n, last: n })),
  );
  const all: Port[] = [{ protocol: 'icmp' }, ...ends, ...unnamed];
  return [...new Map(all.map((port) => [classText(port), port])).values()];
}

const addressOrder = (a: string, b: string): number => {
  const [x, y] = [address(a), address(b)];
  return x.family - y.family || (x.value < y.value ? -1 : 1);
};

/** The flows of every pair that shares a family, in every class. */
export function* flowsOf(model: Model, world: World, classes: readonly Port[]): Generator<Flow> {
  const terrain = new Terrain(world);
  const names = namesOf(model.network);
  for (const from of names) {
    for (const to of names.filter((name) => name !== from)) {
      for (const family of [4, 6] as const) {
        for (const port of classes) {
          const flow = flowOf(model, terrain, from, to, port, family);
          if (flow) yield flow;
        }
      }
    }
  }
}

function flowOf(
  model: Model,
  terrain: Terrain,
  from: string,
  to: string,
  port: Port,
  family: Family,
): Flow | undefined {
  const known = (name: string) =>
    localAddresses(terrain.party(name)).filter((a) => familyOf(a) === family).sort(addressOrder);
  if (known(from).length === 0 || known(to).length === 0) return undefined;
  const seen = trace(model, from, to, port, family);
  const walk = walkOn(terrain, questionOf(from, seen.destination, port));
  return { from, to, port, family, trace: seen, walk };
}

const tellHop = (hop: Hop): string =>
  `${hop.machine}${hop.interface ? `/${hop.interface}` : ''}${hop.peer ? `>${hop.peer}` : ''}`;

/** A way as text, without the LANs' own routers; where a filter ends it, the machine of that filter has no hop of its own. */
const tell = (hops: readonly Hop[], verdict: string): string =>
  hops
    .filter((hop) => !hop.machine.endsWith(' router'))
    .filter((hop, i, all) => verdict !== 'deny' || i < all.length - 1 || hop.interface !== undefined)
    .map(tellHop)
    .join(' ');

/** `outside` arrives like `allow`. */
const arrives = (verdict: string): string => (verdict === 'outside' ? 'allow' : verdict);

/** Whether a filter of ours must ask the policy about this way (the enforcement that was decided). */
export function enforced(terrain: Terrain, hops: readonly Hop[]): boolean {
  return hops.some((hop, i) => {
    const isTunnel = hop.interface !== undefined && tunnelOn(terrain.party(hop.machine), hop.interface);
    const next = hops[i + 1];
    if (!isTunnel || !next) return false;
    const [sender, receiver] = [terrain.party(hop.machine), terrain.party(next.machine)];
    const isLast = hops.slice(i + 1).every((later) => later.interface === undefined || later.interface === 'lan' || later.interface === 'pods');
    return isLast && (receiver.ours || sender.ours);
  });
}

/** What is wrong about a flow, in words; empty if all agree. */
export function disagreements(flow: Flow, network: Network, terrain: Terrain): string[] {
  const { trace: seen, walk } = flow;
  return [
    ...verdictsDiffer(seen, walk),
    ...(seen.verdict === 'unreachable' ? [] : waysDiffer(seen, walk)),
    ...policyDiffers(flow, network, terrain),
    ...packetsLost(flow),
  ].map((what) => `${flow.from} -> ${flow.to} IPv${flow.family} ${classText(flow.port)}: ${what}`);
}

const verdictsDiffer = (seen: Trace, walk: WalkResult): string[] =>
  arrives(seen.verdict) === walk.verdict
    ? []
    : [`trace says ${seen.verdict} (${seen.reason}), the walker ${walk.verdict} (${walk.reason})`];

function waysDiffer(seen: Trace, walk: WalkResult): string[] {
  const source = walk.hops[0]?.source;
  return [
    ...(source === seen.source ? [] : [`trace sends from ${seen.source}, the walker from ${source}`]),
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

function decisionsDiffer(seen: Trace, walk: WalkResult): string[] {
  if (!walk.deniedBy || seen.verdict !== 'deny') return [];
  const { machine, counter } = walk.deniedBy;
  const { decision } = seen;
  if (decision?.machine === machine && decision.counter === counter) return [];
  return [`trace says ${decision?.machine}/${decision?.counter} refuses, the walker ${machine}/${counter}`];
}

function policyDiffers({ from, to, port, walk, trace: seen }: Flow, network: Network, terrain: Terrain): string[] {
  if (walk.verdict === 'unreachable') return [];
  const [first] = walk.hops;
  if (!first) return [];
  const ends: Record<string, string[]> = { [from]: [first.source], [to]: [first.destination] };
  const may = allowed(network, (name) => ends[name] ?? [], from, to, port);
  const asked = walk.verdict === 'deny' || enforced(terrain, walk.hops);
  const expected = !asked || may ? 'allow' : 'deny';
  const words = asked ? (may ? 'allows it' : 'forbids it') : 'is not asked';
  return [
    ...(walk.verdict === expected ? [] : [`the policy ${words}, the walker says ${walk.verdict}: ${walk.reason}`]),
    ...(network.policy === undefined || (seen.verdict === 'outside') === !asked ? [] : [`the policy ${words}, but trace says ${seen.verdict}`]),
  ];
}

function packetsLost({ walk }: Flow): string[] {
  if (walk.verdict !== 'allow') return [];
  return [
    ...walk.tooLarge.map((machine) => `${machine} hands out packets too large for the network below`),
    ...walk.silent.map((machine) => `"fragmentation needed" of ${machine} does not reach the sender`),
  ];
}
