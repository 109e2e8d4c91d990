import type { Address } from '#ip';
import { type Egress, type Port, type Router, type Segment, unroutable } from '#spec';
import type { NftTable } from '#state';
import type { Hop, Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { filterOf as filterIn } from '../project/routers/external.ts';
import { egressCounter } from '../project/routers/filter.ts';
import { deviceIn, isInternet, segmentsOf } from '../project/routers/place.ts';
import { type Flow, verdictOf } from './policed.ts';

/** The router of ours in a segment. */
export const routerIn = ({ network }: Model, segment: string): Router | undefined =>
  network.routers.find(({ segments }) => segments.includes(segment));

/** The gateway on which a router stands. */
export const gatewayOf = (model: Model, { site }: Router): string =>
  model.network.sites.find(({ name }) => name === site)?.gateways[0]?.name ?? site;

const matches = (ports: readonly Port[], port: Port): boolean =>
  ports.length === 0 ||
  ports.some((one) => {
    if (one.protocol === 'icmp' || port.protocol === 'icmp') return one.protocol === port.protocol;
    return one.protocol === port.protocol && one.first <= port.first && port.last <= one.last;
  });

/** Whom a flow is for that leaves by a router: an address, or a name of its list. */
type Target = Address | { readonly host: string };

/** The entry by which a router lets something out: the first that fits, as its filter has them. */
const entryFor = (model: Model, { egress }: Router, target: Target, port: Port) =>
  egress.find((entry) => matches(entry.ports, port) && fits(model, entry, target));

function fits(model: Model, entry: Egress, target: Target): boolean {
  if ('host' in target) return entry.host === target.host;
  if (unroutable.contains(target)) return false;
  return entry.to?.contains(target) ?? (isInternet(entry) && !isInside(model, target));
}

/** Whether it is on the list of a router, by whatever port. */
export const isListed = (model: Model, { egress }: Router, target: Target): boolean =>
  egress.some((entry) => fits(model, entry, target));

/** Whether a router is to let reach somebody by this name. */
export const hostOf = (
  router: Router | undefined,
  name: string,
): { readonly host: string } | undefined =>
  router?.egress.some(({ host }) => host === name) ? { host: name } : undefined;

const isInside = (model: Model, target: Address): boolean =>
  model.inside.contains(target) ||
  model.network.segments.some(({ subnets }) => subnets.some((one) => one.contains(target)));

/** What a router itself answers: pings, and nothing else. */
export function atRouter(model: Model, router: Router, way: Trace): Trace {
  const reason = `router ${router.name} answers pings and nothing else`;
  if (way.port.protocol === 'icmp') return { ...way, verdict: 'allow', reason };
  return { ...way, verdict: 'deny', reason, decision: { machine: gatewayOf(model, router) } };
}

/** What becomes of a flow to what is in no segment of its sender: `way` is that to the router. */
export function throughRouter(model: Model, router: Router, target: Target, way: Trace): Trace {
  const { name } = router;
  const machine = gatewayOf(model, router);
  const destination = 'host' in target ? target.host : String(target);
  const hops = way.hops.map((hop) => ({ ...hop, destination }));
  // Answers come back the same way: how they pass the uplink is not told.
  const found = { ...way, destination, hops, back: [] };
  if (way.verdict !== 'allow' && way.verdict !== 'outside') {
    return { ...found, reason: `it does not reach router ${name}: ${way.reason}` };
  }
  const other = segmentsOf(model, router).find(({ subnets }) =>
    subnets.some((subnet) => !('host' in target) && subnet.contains(target)),
  );
  if (other) {
    return { ...found, ...betweenSegments(model, router, { ...found, port: way.port }, other) };
  }
  const entry = entryFor(model, router, target, way.port);
  if (!entry) {
    const reason = `no entry of \`egress\` of router ${name} lets it out; it is refused there, on ${machine}${unlessNamed(router, target, way.port)}`;
    return { ...found, verdict: 'deny', reason, decision: { machine, counter: 'denied' } };
  }
  const end = router.uplink.find(
    ({ address }) => 'host' in target || address.family === target.family,
  );
  const source = router.snat ? String(end?.address ?? way.source) : way.source;
  const header = { source, destination };
  const isOurs = router.external === undefined;
  const out: readonly Hop[] = isOurs
    ? [
        { machine: name, interface: 'uplink', ...header },
        { machine, ...header },
      ]
    : [{ machine: name, ...header }];
  const as = isOurs
    ? `, from the address ${source}; beyond ${machine} nothing of ours decides`
    : `${router.snat ? ', from the address by which it leaves' : ''}; its own routes and rules in namespace ${router.external} decide the rest`;
  return {
    ...found,
    verdict: 'allow',
    hops: [...hops.slice(0, -1), ...out],
    reason: `the entry ${entry.text} of router ${name} lets it out${as}`,
    decision: { machine, counter: egressCounter(entry), place: entry.place },
  };
}

const filters = new WeakMap<Model, Map<string, NftTable>>();

function filterOf(model: Model, router: Router): NftTable {
  const own = filters.get(model) ?? new Map<string, NftTable>();
  filters.set(model, own);
  const known = own.get(router.name) ?? filterIn(model, router);
  own.set(router.name, known);
  return known;
}

/** What a router says to a flow from one of its segments to another. */
function betweenSegments(model: Model, router: Router, flow: Flow, other: Segment): Partial<Trace> {
  const machine = gatewayOf(model, router);
  const devices = segmentsOf(model, router).map(deviceIn);
  const incoming = devices.find((device) => device !== deviceIn(other));
  const there = { hook: 'forward', incoming, outgoing: deviceIn(other) } as const;
  const back = { hook: 'forward', incoming: deviceIn(other), outgoing: incoming } as const;
  const filter = filterOf(model, router);
  const { accepted, decision } = verdictOf(model, machine, filter, flow, [there, back]);
  if (!accepted) {
    const reason = `no rule of the policy lets it through; router ${router.name} refuses it`;
    return { verdict: 'deny', reason, decision };
  }
  const by = decision.rule === undefined ? '' : `; rule ${decision.rule} lets it pass`;
  const reason = `router ${router.name} leads from one of its segments to the other, ${other.name}${by}`;
  return { verdict: 'allow', reason, decision };
}

/** A name may be at any address: which is known on the gateway alone. */
function unlessNamed({ egress }: Router, target: Target, port: Port): string {
  const hosts = egress.flatMap(({ host, ports }) =>
    host !== undefined && !('host' in target) && matches(ports, port) ? [host] : [],
  );
  return hosts.length === 0 ? '' : `, unless it is the address of ${hosts.join(' or ')}`;
}
