import { Value } from 'typebox/value';
import { canonicalJson } from '#base';
import type { Network } from '#spec';
import { HostState, type NftTable } from '#state';
import { bitsOf, familyOf, overlaps, span } from './address.ts';
import { fieldsOf } from './fields.ts';
import { allowedIps, networkSpace } from './world.ts';

/**
 * What must hold of every HostState, whatever the network. Each check gives the broken rules in
 * words; an empty list is good.
 */
export const brokenIn = (state: HostState): string[] =>
  [
    ...schemaBroken(state),
    ...unstableJson(state),
    ...bindingsBroken(state),
    ...allowedIpsBroken(state),
    ...addressesBroken(state),
    ...orderBroken(state),
    ...tablesBroken(state),
  ].map((what) => `${state.machine}: ${what}`);

const schemaBroken = (state: HostState): string[] =>
  Value.Check(HostState, state)
    ? []
    : [...Value.Errors(HostState, state)].slice(0, 3).map((e) => `schema: ${canonicalJson(e)}`);

const unstableJson = (state: HostState): string[] => {
  const once = canonicalJson(state);
  return canonicalJson(JSON.parse(once)) === once ? [] : ['its JSON changes when read back'];
};

function bindingsBroken(state: HostState): string[] {
  return state.bindings.flatMap((binding) => {
    const ranks = binding.candidates.map((c) => c.rank);
    return [
      ...(binding.prefixes.length > 0 ? [] : ['a binding without prefixes']),
      ...(ranks.length > 0 ? [] : [`nobody carries ${binding.prefixes.join(' ')}`]),
      ...(new Set(ranks).size === ranks.length ? [] : ['two candidates of one rank']),
      ...binding.candidates
        .filter((c) => !state.tunnels[c.tunnel]?.peers[c.peer])
        .map((c) => `a binding names the peer ${c.peer}, which is none`),
    ];
  });
}

/** No prefix with two peers; no prefix that could be left out or joined with another. */
function allowedIpsBroken(state: HostState): string[] {
  return Object.keys(state.tunnels).flatMap((tunnel) => {
    const entries = allowedIps(state, tunnel);
    return entries.flatMap((a, i) =>
      entries.slice(i + 1).flatMap((b) => {
        if (a.peer !== b.peer) {
          return overlaps(a.prefix, b.prefix)
            ? [`${a.prefix} of ${a.peer} overlaps ${b.prefix} of ${b.peer}`]
            : [];
        }
        return canJoin(a.prefix, b.prefix)
          ? [`${a.prefix} and ${b.prefix} of ${a.peer} are not aggregated`]
          : [];
      }),
    );
  });
}

function canJoin(a: string, b: string): boolean {
  if (overlaps(a, b)) return true;
  const [x, y] = [span(a), span(b)].sort((p, q) => (p.first < q.first ? -1 : 1));
  if (!x || !y || x.family !== y.family || x.length !== y.length) return false;
  const size = x.last - x.first + 1n;
  return x.last + 1n === y.first && x.first % (2n * size) === 0n;
}

/** On tunnels; a router has its networks by its addresses. */
const addressesBroken = (state: HostState): string[] =>
  (networkSpace(state).addresses?.items ?? [])
    .filter((item) => item.address.split('/')[1] !== `${bitsOf(familyOf(item.address))}`)
    .map((item) => `${item.address} is no single address`);

const elementOrder = (a: string, b: string): number => {
  const keys = (text: string) => text.split(' . ');
  const [x, y] = [keys(a), keys(b)];
  for (const [i, part] of x.entries()) {
    const order = partOrder(part, y[i] ?? '');
    if (order !== 0) return order;
  }
  return x.length - y.length;
};

const partOrder = (a: string, b: string): number => {
  if (/^\d+(-\d+)?$/.test(a) && /^\d+(-\d+)?$/.test(b))
    return Number.parseInt(a) - Number.parseInt(b);
  if (!/^[\da-f]*[.:]/.test(a) || !/^[\da-f]*[.:]/.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [span(a), span(b)];
  if (x.family !== y.family) return x.family - y.family;
  if (x.first !== y.first) return x.first < y.first ? -1 : 1;
  return x.length - y.length;
};

/** Sorted is sorted by number or by text, as long as it is one of them. */
const unsorted = (what: string, items: readonly string[]): string[] => {
  if (items.every((item, i) => i === 0 || (items[i - 1] as string) <= item)) return [];
  return items.flatMap((item, i) => {
    const before = items[i - 1];
    return before !== undefined && elementOrder(before, item) > 0
      ? [`${what}: ${before} stands before ${item}`]
      : [];
  });
};

const doubles = (what: string, items: readonly string[]): string[] =>
  items.filter((item, i) => items.indexOf(item) !== i).map((item) => `${what}: ${item} twice`);

function orderBroken(state: HostState): string[] {
  const root = networkSpace(state);
  const routes = (root.routes?.items ?? []).map((r) => `${r.table} ${r.prefix} ${r.metric ?? 0}`);
  const perTable = Map.groupBy(root.routes?.items ?? [], (r) => r.table);
  return [
    ...doubles('routes', routes),
    ...[...perTable.values()].flatMap((items) =>
      unsorted(
        'routes',
        items.map((r) => r.prefix),
      ),
    ),
    ...unsorted(
      'addresses',
      (root.addresses?.items ?? []).map((i) => i.address),
    ),
    ...state.bindings.flatMap((b) => unsorted('a binding', b.prefixes)),
    ...unsorted(
      'bindings',
      state.bindings.map((b) => b.candidates[0]?.peer ?? ''),
    ),
    ...doubles(
      'forwarding',
      (root.forwarding?.items ?? []).map((i) => canonicalJson(i)),
    ),
    ...doubles(
      'sysctls',
      (root.sysctls?.items ?? []).map((i) => canonicalJson([i.key, i.device])),
    ),
  ];
}

/** Those of IP where the machine's tunnels live are walked by the model, and are sorted throughout. */
function tablesBroken(state: HostState): string[] {
  const own = networkSpace(state);
  return Object.entries(state.namespaces).flatMap(([name, space]) =>
    (space.nft?.items ?? []).flatMap((table) =>
      space === own && table.family === 'inet'
        ? tableBroken(table)
        : [...jumpsBroken(table), ...countersBroken(table), ...emptyBroken(table)].map(
            (what) => `${name}: ${what}`,
          ),
    ),
  );
}

function tableBroken(table: NftTable): string[] {
  return [
    ...jumpsBroken(table),
    ...countersBroken(table),
    ...setsBroken(table),
    ...emptyBroken(table),
    ...expressionsBroken(table),
    ...doubles(
      'chains',
      table.chains.map((c) => c.name),
    ),
    ...doubles(
      'sets and maps',
      [...table.sets, ...table.maps].map((s) => s.name),
    ),
    ...unsorted('counters', table.counters),
    ...unsorted(
      'sets',
      table.sets.map((s) => s.name),
    ),
    ...unsorted(
      'maps',
      table.maps.map((m) => m.name),
    ),
  ].map((what) => `nft ${table.name}: ${what}`);
}

const verdictsOf = (table: NftTable): string[] => [
  ...table.chains.flatMap((c) => c.rules.flatMap((rule) => rule.verdict ?? [])),
  ...table.maps.flatMap((m) => m.elements.map(([, verdict]) => verdict)),
];

function jumpsBroken(table: NftTable): string[] {
  const targets = verdictsOf(table).flatMap((v) => /^(?:jump|goto) (\S+)$/.exec(v)?.[1] ?? []);
  const plain = table.chains.filter((c) => !c.hook).map((c) => c.name);
  return [
    ...targets.filter((t) => !plain.includes(t)).map((t) => `nobody declares the chain ${t}`),
    ...plain.filter((c) => !targets.includes(c)).map((c) => `nothing leads to the chain ${c}`),
  ];
}

function countersBroken(table: NftTable): string[] {
  const used = table.chains.flatMap((c) => c.rules.flatMap((rule) => rule.counter ?? []));
  return [
    ...used.filter((c) => !table.counters.includes(c)).map((c) => `counter ${c} is not declared`),
    ...table.counters.filter((c) => !used.includes(c)).map((c) => `counter ${c} counts nothing`),
  ];
}

function setsBroken(table: NftTable): string[] {
  const rules = table.chains.flatMap((c) => c.rules);
  const asked = new Set([
    ...rules.flatMap((r) => r.match.flatMap((m) => (typeof m.right === 'string' ? [m.right] : []))),
    ...rules.flatMap((r) => (r.vmap ? [`@${r.vmap.map.replace(/^@/, '')}`] : [])),
  ]);
  const all = [
    ...table.sets.map(({ name, elements }) => ({ name, elements })),
    ...table.maps.map(({ name, elements }) => ({ name, elements: elements.map(([e]) => e) })),
  ];
  return all.flatMap(({ name, elements }) => [
    ...(asked.has(`@${name}`) ? [] : [`nobody asks ${name}`]),
    ...unsorted(name, elements),
    ...overlapping(name, elements),
  ]);
}

/** Elements of a set must be disjoint: nft refuses others, or merges them and never settles. */
function overlapping(name: string, elements: readonly string[]): string[] {
  return elements.flatMap((a, i) =>
    elements
      .slice(i + 1)
      .filter((b) => {
        const [x, y] = [a.split(' . '), b.split(' . ')];
        return x.every((part, k) => partsMeet(part, y[k] as string));
      })
      .map((b) => `${name}: ${a} and ${b} overlap`),
  );
}

function partsMeet(a: string, b: string): boolean {
  if (/^\d+(-\d+)?$/.test(a) && /^\d+(-\d+)?$/.test(b)) {
    const [aLow = 0, aHigh = aLow] = a.split('-').map(Number);
    const [bLow = 0, bHigh = bLow] = b.split('-').map(Number);
    return aLow <= bHigh && bLow <= aHigh;
  }
  const isNumbers = (text: string) => /^[\da-f]*[.:]/.test(text);
  return isNumbers(a) && isNumbers(b) ? overlaps(a, b) : a === b;
}

/** What compares with a set of nothing, nft takes for a mistake, and the whole table with it. */
const emptyBroken = (table: NftTable): string[] =>
  table.chains
    .flatMap(({ rules }) => rules.flatMap(({ match }) => match))
    .filter(({ right }) => right.length === 0)
    .map(({ left, op }) => `${left} ${op} nothing`);

/** Asked with an unknown expression, `fieldsOf` throws; the message is the finding. */
const expressionsBroken = (table: NftTable): string[] =>
  table.chains
    .flatMap((c) => c.rules)
    .flatMap((r) => [...r.match.map((m) => m.left), ...(r.vmap ? [r.vmap.left] : [])])
    .flatMap((left) => {
      try {
        fieldsOf(left);
        return [];
      } catch (error) {
        return [String(error)];
      }
    });

/** What must hold between the states of one network. */
export const brokenAmong = (network: Network, states: ReadonlyMap<string, HostState>): string[] => [
  ...socketsBroken(network, states),
  ...keepaliveBroken(network, states),
  ...overlayBroken(states),
];

const machinesOf = (network: Network) => [
  ...network.sites.flatMap((site) => [...site.gateways, ...site.nodes]),
  ...network.members,
];

function socketsBroken(network: Network, states: ReadonlyMap<string, HostState>): string[] {
  const sockets = [...states.values()].flatMap((state) => {
    const machine = machinesOf(network).find((m) => m.name === state.machine);
    const stated = machine?.endpoint;
    return Object.values(state.tunnels).map((t) =>
      stated
        ? `${stated.host}:${stated.port + t.listenPort - machine.listenPort}`
        : `${state.machine}:${t.listenPort}`,
    );
  });
  return doubles('listening sockets', sockets);
}

/** Who stands behind NAT keeps every hole open itself; of several tunnels to one peer, one at least. */
function keepaliveBroken(network: Network, states: ReadonlyMap<string, HostState>): string[] {
  return machinesOf(network)
    .filter((machine) => !machine.endpoint && machine.keepalive > 0)
    .flatMap((machine) => {
      const peers = Object.values(states.get(machine.name)?.tunnels ?? {}).flatMap((tunnel) =>
        Object.entries(tunnel.peers),
      );
      const spoken = peers.flatMap(([name, { keepalive = 0 }]) => (keepalive > 0 ? [name] : []));
      return peers
        .filter(([name]) => !spoken.includes(name))
        .map(([name]) => `${machine.name} behind NAT sends no keepalive to ${name}`);
    });
}

function overlayBroken(states: ReadonlyMap<string, HostState>): string[] {
  const all = [...states.values()].flatMap((state) => {
    const items = networkSpace(state).addresses?.items ?? [];
    return [...new Set(items.map((item) => item.address))];
  });
  return doubles('overlay addresses', all);
}
