import { canonicalJson, countWhile } from '#base';
import { formatEndpoint, type Prefix, PrefixSet } from '#ip';
import type { Machine, Network, Selector } from '#spec';
import { carrierOf, type Model, type Node, needsHelp } from './model.ts';
import { sizeClass } from './mtu.ts';
import { resolversOf } from './names/resolvers.ts';
import { nameTable } from './names/table.ts';
import type { AddressClass } from './policy/partition.ts';
import { askersOf } from './project/hosts-behind.ts';
import { monitorsText } from './project/monitors.ts';
import { machinesOf, project } from './project/project.ts';
import { largestTunnel } from './project/routes.ts';
import { segmentsText } from './project/segments/text.ts';

/** Up to this many machines are compared by their bytes when the network changed its shape. */
const exactLimit = 500;

/**
 * Machines whose state may differ between two models, apart from epoch and revision; every machine
 * whose bytes differ is among them. A change at the edge (a member, a spoke, a key) costs O(n) text
 * comparisons; a change of the network's shape compares states, or names every machine of a large one.
 */
export function affected(a: Model, b: Model): readonly string[] {
  if (shapeOf(a) !== shapeOf(b)) return differing(a, b);
  const changed = changedNames(a, b);
  const names = new Set([...changed, ...refiltering(a, b), ...turning(a, b), ...rekeying(a, b)]);
  for (const model of [a, b]) {
    for (const name of changed) {
      for (const other of linked(model, name)) {
        names.add(other);
        for (const asker of redrawn(a, b, other)) names.add(asker);
      }
    }
    const moved = changed.filter((name) => placeOf(a, name) !== placeOf(b, name));
    if (moved.length === 0) continue;
    for (const node of model.nodes) {
      if (needsHelp(node) || !model.paths.upstream(node)) names.add(node.name);
    }
    for (const name of moved) for (const other of besides(model, name)) names.add(other);
  }
  if (!sameNames(a, b))
    for (const model of [a, b]) for (const name of knowing(model)) names.add(name);
  return [...names].sort();
}

/** Machines that a rotation's phase, or the key of another lane, concerns. */
function turning(a: Model, b: Model): readonly string[] {
  const [before, after = before] = [a, b].flatMap((model) => (model.turn ? [model] : []));
  if (!before || !after) return [];
  const all = [...new Set([before, after].flatMap(takingPart))];
  if (!a.turn || !b.turn || turnText(before) !== turnText(after)) return all;
  const news = all.filter((name) => keysText(a, name) !== keysText(b, name));
  const rotating = after.turn?.node.name ?? '';
  if (news.length === 0) return [];
  return news.includes(rotating) ? all : [...news, rotating];
}

/** The machine whose key changes, and those that have a tunnel with it. */
const takingPart = ({ turn, inputs }: Model): readonly string[] =>
  turn
    ? [
        turn.node.name,
        ...[...turn.partners].map(({ name }) => name),
        ...(inputs.rotation?.files ?? []),
      ]
    : [];

const turnText = (model: Model): string => {
  const { phase, retired = null, port = null } = model.turn ?? {};
  return canonicalJson({ names: takingPart(model), phase: phase ?? null, retired, port });
};

const keysText = ({ nodesByName }: Model, name: string): string =>
  canonicalJson(nodesByName.get(name)?.keys ?? {});

/** Machines that got the newest preshared keys, or are no longer known to have them, and their peers. */
function rekeying(a: Model, b: Model): readonly string[] {
  const [before, after] = [a, b].map((model) => new Set(model.inputs.preshared?.have));
  const news = before && after ? [...before.symmetricDifference(after)] : [];
  return news.flatMap((name) => [name, ...[a, b].flatMap((model) => [...linked(model, name)])]);
}

function differing(a: Model, b: Model): readonly string[] {
  const names = [...new Set([...machinesOf(a), ...machinesOf(b)])].sort();
  if (names.length > exactLimit) return names;
  const [before, after] = [a, b].map((model) => new Set(machinesOf(model)));
  return names.filter(
    (name) => !before?.has(name) || !after?.has(name) || bytes(a, name) !== bytes(b, name),
  );
}

const bytes = (model: Model, machine: string): string =>
  canonicalJson({ ...project(model, machine), epoch: '', rev: 0 });

/** Machines at the edge: no other machine's paths depend on them. */
const isLeaf = (model: Model, node: Node): boolean => {
  const { topology } = model.network;
  if (node.unit.attached.length > 0 || node.unit.site?.subnets.length) return false;
  return (
    node.unit.hub !== undefined ||
    (topology.kind === 'hub' && !topology.hubs.includes(node.unit.name))
  );
};

const shapes = new WeakMap<Model, string>();

/** Everything that shapes states of machines which are neither changed themselves nor next to a change. */
function shapeOf(model: Model): string {
  const known = shapes.get(model);
  if (known !== undefined) return known;
  const { network } = model;
  const core = model.nodes.filter((node) => !isLeaf(model, node));
  const shape = canonicalJson({
    name: network.name,
    overlay: network.overlay.map(String),
    topology: topologyText(network),
    ranges: model.ranges.map(({ prefix, node }) => `${prefix} ${node.name}`),
    core: core.map((node) => `${coreText(node)} ${node.carries.join()}`),
    policy: policyText(network),
    dns: dnsText(network),
    segments: segmentsText(model),
    monitors: monitorsText(model),
    uneven: model.uneven && core.map((node) => largestTunnel(model, node)),
    presharedKeys: [model.inputs.presharedKeys ?? 0, model.inputs.preshared?.from ?? 0],
    adopted: model.inputs.adopted ?? null,
    probe: network.sites.map(({ probe }) =>
      probe.map(({ name, address }) => [name, String(address.local)]),
    ),
    hosts: [...model.hostsByName.values()].map((host) => [
      host.name,
      host.site,
      host.routes,
      host.tags,
      host.addresses.map((address) => String(address.local)),
    ]),
  });
  shapes.set(model, shape);
  return shape;
}

const topologyText = ({ topology }: Network): unknown =>
  topology.kind === 'links'
    ? topology.links.map((link) => link.ends)
    : topology.kind === 'hub'
      ? topology.hubs
      : topology.kind;

/** But for the records: with the other names they reach machines as `sameNames` has it. */
const dnsText = ({ dns }: Network): unknown =>
  dns ? [dns.zone, dns.hostsFile, dns.forward.map(String)] : null;

const policyText = (network: Network): unknown => ({
  groups: network.groups.map((group) => [group.name, group.selectors.map(selectorText)]),
  siteTags: network.sites.map((site) => [site.name, site.tags]),
  rules: (network.policy ?? [null]).map((rule) =>
    rule === null
      ? null
      : [rule.id, rule.from.map(selectorText), rule.to.map(selectorText), rule.ports ?? null],
  ),
});

const selectorText = (selector: Selector): string => {
  if (selector.kind === 'all') return 'all';
  return `${selector.kind}:${selector.kind === 'prefix' ? selector.prefix : selector.name}`;
};

/** What of a core machine shapes the states of machines far away. */
function coreText(node: Node): string {
  const { name, unit, isCarrier, machine } = node;
  return [
    name,
    unit.name,
    isCarrier,
    machine.endpoint !== undefined,
    machine.managed,
    sizeClass(node),
    machine.tags.join(),
    machine.addresses.map((address) => address.local).join(),
  ].join(' ');
}

function sameNames(a: Model, b: Model): boolean {
  const [before, after] = [nameTable(a), nameTable(b)];
  return (
    before.length === after.length &&
    before.every(({ address, names }, i) => {
      const other = after[i];
      return other?.address === address && other.names.join() === names.join();
    })
  );
}

/** Machines that know all names. */
const knowing = (model: Model): readonly string[] =>
  model.network.dns?.hostsFile === 'never'
    ? resolversOf(model).map(({ name }) => name)
    : machinesOf(model);

const texts = new WeakMap<Node, string>();

/** All of a node that reaches any state. */
function nodeText(node: Node): string {
  const known = texts.get(node);
  if (known !== undefined) return known;
  const { machine, unit } = node;
  const text = [
    unit.name,
    unit.hub ?? '',
    node.publicKey ?? '',
    node.isRevoked,
    node.home,
    node.underlayMtu,
    node.overlay.join(),
    node.carries.join(),
    endpointText(machine),
    machine.listenPort,
    machine.taps.join(),
    machine.interface,
    machine.keepalive,
    machine.managed,
    machine.tags.join(),
    machine.addresses.map((address) => address.local).join(),
    machine.allowedIps?.join() ?? '',
  ].join(' ');
  texts.set(node, text);
  return text;
}

const endpointText = (machine: Machine): string =>
  machine.endpoint ? formatEndpoint(machine.endpoint) : '';

function changedNames(a: Model, b: Model): readonly string[] {
  const names: string[] = [];
  for (const node of a.nodes) {
    const after = b.nodesByName.get(node.name);
    if (!after || nodeText(after) !== nodeText(node)) names.push(node.name);
  }
  for (const node of b.nodes) if (!a.nodesByName.has(node.name)) names.push(node.name);
  return names;
}

/** What of a leaf others route by: addresses, site, whether it can be called, what fits through. */
function placeOf(model: Model, name: string): string {
  const node = model.nodesByName.get(name);
  if (!node) return '';
  const called = node.machine.endpoint !== undefined;
  return `${node.carries.join()} ${node.unit.hub ?? ''} ${called} ${sizeClass(node)}`;
}

/** Machines at the edge that reach a member through its site besides their upstream. */
function* besides(model: Model, name: string): Iterable<string> {
  const hub = model.unitsByName.get(model.nodesByName.get(name)?.unit.hub ?? '');
  if (!hub) return;
  const carrier = carrierOf(hub);
  for (const other of model.paths.neighbours(carrier)) {
    if (model.paths.upstream(other) !== carrier) yield other.name;
  }
}

/** Machines whose state speaks of this one: those it links with. */
function* linked(model: Model, name: string): Iterable<string> {
  const node = model.nodesByName.get(name);
  if (!node) return;
  const upstream = model.paths.upstream(node);
  if (upstream) yield upstream.name;
  for (const other of model.paths.neighbours(node)) yield other.name;
}

/** Machines that ask what lies behind a gateway in one of two models only, as others came or went. */
function redrawn(a: Model, b: Model, gateway: string): readonly string[] {
  const [before, after] = [a, b].map((model) => {
    const node = model.nodesByName.get(gateway);
    return new Set(node && askersOf(model, node).map(({ name }) => name));
  });
  return before && after ? [...before.symmetricDifference(after)] : [];
}

/** Machines that filter for somebody to whom others may send than before: the rules are the same. */
function* refiltering(a: Model, b: Model): Iterable<string> {
  const numbers = new Map<string, number>();
  const [before, after] = [receiversOf(a, numbers), receiversOf(b, numbers)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old = PrefixSet.empty, next = PrefixSet.empty] = [before.get(key), after.get(key)];
    for (const prefix of [...old.subtract(next).prefixes(), ...next.subtract(old).prefixes()]) {
      yield* enforcersOf(a, prefix);
      yield* enforcersOf(b, prefix);
    }
  }
}

/** Addresses that may receive, by who may send to them. `numbers`: of classes that were met already. */
function receiversOf(
  { policy }: Model,
  numbers: Map<string, number>,
): ReadonlyMap<string, PrefixSet> {
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  const senders = (policy?.sourcesOfRule ?? []).map((classes) =>
    numberOf(classes.map((one) => numberOf(classText(one))).join()),
  );
  return new Map(
    policy?.destinations.map(({ rules, addresses }) => [
      rules.map((rule) => `${rule} ${senders[rule]}`).join(),
      addresses,
    ]),
  );
}

const classTexts = new WeakMap<AddressClass, string>();

function classText(one: AddressClass): string {
  const text = classTexts.get(one) ?? `${one.rules}: ${one.addresses.prefixes()}`;
  classTexts.set(one, text);
  return text;
}

function* enforcersOf(model: Model, prefix: Prefix): Iterable<string> {
  const { carried } = model;
  const from = countWhile(
    carried,
    (entry) => !entry.prefix.overlaps(prefix) && entry.prefix.compare(prefix) < 0,
  );
  for (let i = from; carried[i]?.prefix.overlaps(prefix); i++) {
    const { node } = carried[i] as (typeof carried)[number];
    yield node.name;
    yield carrierOf(node.unit).name;
    if (node.machine.managed) continue;
    for (const neighbour of model.paths.neighbours(node)) yield neighbour.name;
    const upstream = model.paths.upstream(node);
    if (upstream) yield upstream.name;
  }
}
