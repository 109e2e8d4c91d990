import { by, type Diagnostic, shortHash } from '#base';
import { Address, type Family, type Prefix, PrefixSet } from '#ip';
import type { Machine, Network, Site } from '#spec';
import { allocate, settled } from './allocate.ts';
import { linkChecks } from './check/links.ts';
import type { Facts, Inputs, MachineKeys } from './inputs.ts';
import { mainLane, otherHome } from './lanes.ts';
import type { Behind, Model, Node, Turn, Unit } from './model.ts';
import { modeChecks, withModes } from './modes.ts';
import { sizeClass } from './mtu.ts';
import { letInRules } from './names/let-in.ts';
import { policyClasses } from './policy/classes.ts';
import { pathsOf } from './topology/paths.ts';

/** The MTU of a network nobody has said or seen anything about. */
export const defaultUnderlayMtu = 1500;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The five inputs, joined: who carries what and how packets find their way. Costs O(n) in machines;
 * whatever grows faster is computed by `project`, `trace` and `check` on demand.
 */
export function link(inputs: Inputs): Model {
  const { ledger, diagnostics } = allocate(inputs.network, inputs.ledger, inputs.rev);
  const network = withModes(settled(inputs.network, ledger), inputs.observations);
  const complete = { ...inputs, ledger };
  const units = unitsOf(network, complete);
  const unitsByName = new Map(units.map((unit) => [unit.name, unit]));
  const nodes = units.flatMap((unit) => unit.nodes).sort(by((node) => node.name));
  const ranges = rangesOf(nodes);
  const inside = PrefixSet.of([...network.overlay, ...ranges.map((range) => range.prefix)]);
  const paths = pathsOf(network, { all: units, byName: unitsByName });
  const model: Mutable<Model> = {
    inputs: complete,
    network,
    units,
    unitsByName,
    nodes,
    nodesByName: new Map(nodes.map((node) => [node.name, node])),
    hostsByName: new Map(network.sites.flatMap((s) => s.hosts).map((host) => [host.name, host])),
    sitesByName: new Map(network.sites.map((site) => [site.name, site])),
    paths,
    inside,
    ranges,
    carried: nodes
      .flatMap((node) => node.carries.map((prefix) => ({ prefix, node })))
      .sort((a, b) => a.prefix.compare(b.prefix)),
    uneven: new Set(nodes.map(sizeClass)).size > 1,
    policy: undefined,
    turn: turnOf(inputs, nodes),
    diagnostics: [],
  };
  model.policy = network.policy && policyClasses(model, [...network.policy, ...letInRules(model)]);
  model.diagnostics = [
    ...diagnostics,
    ...linkChecks(model),
    ...modeChecks(inputs.network, inputs.observations),
  ] satisfies Diagnostic[];
  return model;
}

/** A rotation of a machine that is no longer there is over. */
function turnOf({ rotation }: Inputs, nodes: readonly Node[]): Turn | undefined {
  const node = nodes.find(({ name }) => name === rotation?.machine);
  if (!rotation || !node) return undefined;
  const names = new Set(rotation.partners);
  const partners = new Set(nodes.filter((one) => one !== node && names.has(one.name)));
  const { phase, retired, port, files = [] } = rotation;
  return {
    node,
    partners,
    phase,
    beside: files.length > 0 ? otherHome(node.home) : undefined,
    ...(retired !== undefined && { retired }),
    ...(port !== undefined && { port }),
  };
}

/**
 * Facts in which every machine has a key and none is cut off, so that a bare file can be checked and traced. The made-up
 * keys are well-formed, differ from machine to machine and open nothing.
 */
export function assumeKeys(network: Network, facts: Facts): Facts {
  const machines = network.sites
    .flatMap((s) => [...s.gateways, ...s.nodes])
    .concat(network.members);
  const keys = Object.fromEntries(
    machines.map((m) => [
      m.name,
      { ...keysOf(m, facts), [homeOf(m, facts)]: keyOf(m, facts) ?? placeholderKey(m) },
    ]),
  );
  return { ...facts, keys, revoked: {} };
}

/** 32 bytes made from the name, as base64; a machine that changes its name keeps them too. */
export function placeholderKey({ name, was = name }: Machine): string {
  const words = Array.from({ length: 8 }, (_, i) => shortHash(`${i} ${was}`)).join('');
  return btoa(words.replace(/../g, (hex) => String.fromCharCode(Number.parseInt(hex, 16))));
}

const keysOf = ({ name, was = name }: Machine, { keys }: Facts): MachineKeys => ({
  ...keys[was],
  ...keys[name],
});

const homeOf = ({ name, was = name }: Machine, { homes = {} }: Facts): number =>
  homes[name] ?? homes[was] ?? mainLane;

const keyOf = (machine: Machine, facts: Facts): string | undefined =>
  machine.publicKey ?? keysOf(machine, facts)[homeOf(machine, facts)];

const isCutOff = ({ name, was = name }: Machine, { revoked = {} }: Facts): boolean =>
  Object.hasOwn(revoked, name) || Object.hasOwn(revoked, was);

function unitsOf(network: Network, inputs: Inputs): readonly Unit[] {
  const sites = network.sites.map((site) =>
    unitOf(site.name, site, [...site.gateways, ...site.nodes], inputs),
  );
  const members = network.members.map((m) => unitOf(m.name, undefined, [m], inputs, m.hub));
  const units = [...sites, ...members]
    .filter((unit) => unit.nodes.length > 0)
    .sort(by((unit) => unit.name));
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  for (const unit of units) {
    if (unit.hub !== undefined) (byName.get(unit.hub)?.attached as Unit[] | undefined)?.push(unit);
  }
  return units;
}

function unitOf(
  name: string,
  site: Site | undefined,
  machines: readonly Machine[],
  inputs: Inputs,
  hub?: string,
): Unit {
  const unit: Mutable<Unit> = { name, site, nodes: [], hub, attached: [] };
  unit.nodes = machines.map((machine, index) =>
    nodeOf(unit, machine, index === 0, machines, inputs),
  );
  return unit;
}

function nodeOf(
  unit: Unit,
  machine: Machine,
  isCarrier: boolean,
  siblings: readonly Machine[],
  inputs: Inputs,
): Node {
  const given = (inputs.ledger.addresses[machine.name] ?? [])
    .map((text) => Address.parse(text))
    .filter((address) => inputs.network.overlay.some((prefix) => prefix.contains(address)));
  const overlay = [...machine.overlay, ...given].sort((a, b) => a.compare(b));
  const isRevoked = isCutOff(machine, inputs);
  return {
    name: machine.name,
    machine,
    unit,
    isCarrier,
    overlay,
    isRevoked,
    publicKey: isRevoked ? undefined : keyOf(machine, inputs),
    keys: isRevoked ? {} : keysOf(machine, inputs),
    home: homeOf(machine, inputs),
    onWholeLan: familiesOf(inputs.network).every((family) =>
      machine.addresses.some((a) => a.local.family === family),
    ),
    underlayMtu:
      machine.mtu ?? unit.site?.mtu ?? inputs.observations.mtu[machine.name] ?? defaultUnderlayMtu,
    carries: carriedBy(machine, overlay, isCarrier, unit.site, siblings),
  };
}

/** Families in which anybody talks to anybody. */
function familiesOf(network: Network): readonly Family[] {
  const prefixes = [
    ...network.overlay,
    ...network.sites.flatMap((site) => [
      ...site.subnets.map((subnet) => subnet.presented),
      ...site.nodes.flatMap((node) => node.pods),
    ]),
  ];
  return ([4, 6] as const).filter((family) => prefixes.some((p) => p.family === family));
}

/**
 * Overlay addresses and pod ranges; the carrier also the subnets, without the addresses of the
 * site's other machines, which carry those themselves.
 */
function carriedBy(
  machine: Machine,
  overlay: readonly Address[],
  isCarrier: boolean,
  site: Site | undefined,
  siblings: readonly Machine[],
): readonly Prefix[] {
  const own = PrefixSet.of([...overlay, ...machine.pods]);
  if (!site || (siblings.length === 1 && site.subnets.length === 0)) return own.prefixes();
  const subnets = PrefixSet.of(site.subnets.map((subnet) => subnet.presented));
  const lan = (m: Machine): PrefixSet =>
    PrefixSet.of(m.addresses.map((a) => a.presented)).intersect(subnets);
  if (!isCarrier) return own.union(lan(machine)).prefixes();
  const others = siblings.filter((m) => m !== machine).map(lan);
  const rest = others.reduce((set, other) => set.subtract(other), subnets);
  return own.union(rest).prefixes();
}

/** Whole subnets and pod ranges, for routes: a machine routes to them, and allowed IPs choose the peer. */
function rangesOf(nodes: readonly Node[]): readonly Behind[] {
  const ranges = nodes.flatMap((node): Behind[] => [
    ...node.machine.pods.map((prefix) => ({ prefix, node })),
    ...(node.isCarrier ? (node.unit.site?.subnets ?? []) : []).map((subnet) => ({
      prefix: subnet.presented,
      node,
    })),
  ]);
  return ranges.sort((a, b) => a.prefix.compare(b.prefix));
}
