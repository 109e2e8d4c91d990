import { Address, type Family } from '#ip';
import { type Egress, type Port, type Router, type Segment, unroutable } from '#spec';
import type { Hop, Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { project } from '../project/project.ts';
import { egressCounter } from '../project/routers/filter.ts';
import { hostSet } from '../project/routers/hosts.ts';
import { deviceIn, isInternet, segmentsOf, spaceNamed } from '../project/routers/place.ts';
import { somebodyOutside } from './outsiders.ts';
import { type Passed, RouterSpace, self, theirs } from './router-space.ts';
import { decisionBy } from './rules.ts';

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

const spaces = new WeakMap<Model, Map<string, RouterSpace | undefined>>();

/** A router as it is compiled; undefined where its gateway runs nothing of ours. */
export function spaceOfRouter(model: Model, router: Router): RouterSpace | undefined {
  const known = spaces.get(model) ?? new Map<string, RouterSpace | undefined>();
  spaces.set(model, known);
  if (!known.has(router.name)) known.set(router.name, compiledSpace(model, router));
  return known.get(router.name);
}

function compiledSpace(model: Model, router: Router): RouterSpace | undefined {
  const machine = gatewayOf(model, router);
  if (!model.nodesByName.has(machine)) return undefined;
  const name = router.external ?? spaceNamed(model, router.name);
  const space = project(model, machine).namespaces[name];
  const table = space?.nft?.items[0];
  return space && table && new RouterSpace(space, table);
}

/** Who is at the end of a way out, or in no segment of its sender. */
interface Outward {
  /** The segment from which it comes. */
  readonly segment: Segment;
  readonly target: Target;
  /** The way to the router. */
  readonly way: Trace;
}

/** What becomes of a flow that comes to a router from one of its segments: by the compiled router, whatever the file says. */
export function throughRouter(
  model: Model,
  router: Router,
  { segment, target, way }: Outward,
): Trace {
  const { name } = router;
  const machine = gatewayOf(model, router);
  const destination = 'host' in target ? target.host : String(target);
  const hops = way.hops.map((hop) => ({ ...hop, destination }));
  // Answers come back the same way: how they pass the uplink is not told.
  const found = { ...way, destination, hops, back: [] };
  if (way.verdict !== 'allow' && way.verdict !== 'outside') {
    return { ...found, reason: `it does not reach router ${name}: ${way.reason}` };
  }
  const space = spaceOfRouter(model, router);
  if (!space) {
    const reason = `${machine} runs nothing of ours, so there is no router ${name}`;
    return { ...found, verdict: 'unreachable', reason };
  }
  const source = Address.parse(way.source);
  const passed = space.follow({
    incoming: deviceIn(segment),
    source,
    destination: addressOf(model, router, target, source.family),
    port: way.port,
    ...('host' in target && { heldBy: [hostSet(target.host, source.family)] }),
  });
  if (passed.outgoing === self) return { ...found, ...atRouter(model, router, way, passed) };
  if (passed.fate !== 'passes')
    return { ...found, ...refusal(model, router, found, target, passed) };
  const other = segmentsOf(model, router).find((one) => deviceIn(one) === passed.outgoing);
  return other
    ? { ...found, ...intoSegment(model, router, other, passed) }
    : { ...found, ...outOf(model, router, found, passed) };
}

const addressOf = (model: Model, router: Router, target: Target, family: Family): Address =>
  'host' in target ? somebodyOutside(model, router, family) : target;

/** What is for the router itself. */
function atRouter(
  model: Model,
  router: Router,
  { back }: Trace,
  { fate, counter }: Passed,
): Partial<Trace> {
  const reason = `router ${router.name} answers pings and nothing else`;
  if (fate === 'taken') return { verdict: 'allow', reason, back };
  const decision = decisionBy(model, { machine: gatewayOf(model, router), counter });
  return { verdict: 'deny', reason, decision };
}

function refusal(
  model: Model,
  router: Router,
  { port }: Trace,
  target: Target,
  { fate, counter, outgoing }: Passed,
): Partial<Trace> {
  const { name } = router;
  const machine = gatewayOf(model, router);
  if (fate === 'lost') return { verdict: 'unreachable', reason: `router ${name} has no way to it` };
  const decision = decisionBy(model, { machine, counter });
  const isInside = segmentsOf(model, router).some((one) => deviceIn(one) === outgoing);
  const reason = isInside
    ? `no rule of the policy lets it through; router ${name} refuses it`
    : `no entry of \`egress\` of router ${name} lets it out; it is refused there, on ${machine}${unlessNamed(router, target, port)}`;
  return { verdict: 'deny', reason, decision };
}

/** What a router lets from one of its segments to another. */
function intoSegment(
  model: Model,
  router: Router,
  { name }: Segment,
  { counter }: Passed,
): Partial<Trace> {
  const decision = decisionBy(model, { machine: gatewayOf(model, router), counter });
  const by = decision.rule === undefined ? '' : `; rule ${decision.rule} lets it pass`;
  const reason = `router ${router.name} leads from one of its segments to the other, ${name}${by}`;
  return { verdict: 'allow', reason, decision };
}

/** What leaves, by which entry of the list, and as whom. */
function outOf(
  model: Model,
  router: Router,
  { hops, destination, port, source: own }: Trace,
  passed: Passed,
): Partial<Trace> {
  const { name, external, egress } = router;
  const machine = gatewayOf(model, router);
  const alike = egress.filter((one) => egressCounter(one) === passed.counter);
  const entry = alike.find(({ ports }) => matches(ports, port)) ?? alike[0];
  const source = String(passed.source ?? own);
  const header = { source, destination };
  const isTheirs = passed.outgoing === theirs;
  const out: readonly Hop[] = isTheirs
    ? [{ machine: name, ...header }]
    : [
        { machine: name, interface: passed.outgoing ?? '', ...header },
        { machine, ...header },
      ];
  const as = isTheirs
    ? `${passed.source ? '' : ', from the address by which it leaves'}; its own routes and rules in namespace ${external} decide the rest`
    : `, from the address ${source}; beyond ${machine} nothing of ours decides`;
  const by = entry
    ? `the entry ${entry.text} of router ${name}`
    : `router ${name}, by no entry of its list,`;
  return {
    verdict: 'allow',
    hops: [...hops.slice(0, -1), ...out],
    reason: `${by} lets it out${as}`,
    decision: {
      ...decisionBy(model, { machine, counter: passed.counter }),
      ...(entry && { place: entry.place }),
    },
  };
}

/** A name may be at any address: which is known on the gateway alone. */
function unlessNamed({ egress }: Router, target: Target, port: Port): string {
  const hosts = egress.flatMap(({ host, ports }) =>
    host !== undefined && !('host' in target) && matches(ports, port) ? [host] : [],
  );
  return hosts.length === 0 ? '' : `, unless it is the address of ${hosts.join(' or ')}`;
}
