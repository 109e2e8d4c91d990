import { byText } from '#base';
import { type Endpoint, formatEndpoint, type Prefix, PrefixSet } from '#ip';
import {
  assumed,
  type Draft,
  type DraftMachine,
  type DraftSite,
  type Field,
  from,
  question,
  type Remark,
} from './draft.ts';
import { type Machine, machinesOf, whereIs } from './machines.ts';
import { type Answers, checkAnswers } from './options.ts';
import { overlayOf } from './overlay.ts';
import { rangesOf } from './ranges.ts';
import { endpointsOf, type Shape, shapeOf } from './shape.ts';
import type { Left, Sources } from './source.ts';

/** All that is known of the network, from which the new file is written. */
interface Known {
  readonly answers: Answers;
  readonly overlay: readonly Prefix[];
  readonly addresses: ReadonlyMap<Machine, readonly Prefix[]>;
  readonly subnets: ReadonlyMap<Machine, readonly Prefix[]>;
  readonly shape: Shape;
  readonly usual: Usual;
}

interface Usual {
  readonly port: number;
  readonly keepalive: number;
  readonly interface: string | undefined;
}

const unnamed = 'imported';
const wellKnown = { port: 51820, keepalive: 25 };
/** `hw-` and a name must fit into the 15 characters of a Linux interface. */
const longestNetwork = 12;

function mostCommon<T>(values: readonly T[]): T | undefined {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

const portOf = ({ owns }: Machine): number | undefined =>
  owns.map(({ listenPort }) => listenPort).find((port) => port !== undefined);

const interfaceOf = ({ owns }: Machine): string | undefined =>
  owns.map((own) => own.interface).find((name) => name !== undefined);

/** Keepalives of a machine towards its peers; no line of its configuration means none. */
function keepaliveOf(machine: Machine, machines: readonly Machine[]): number | undefined {
  const said = machine.seen.flatMap(({ view }) => view.itsKeepalive ?? []);
  const own = machines
    .flatMap(({ seen }) => seen)
    .filter(({ by, view }) => by === machine && view.endpoint !== undefined)
    .map(({ view }) => view.keepalive ?? 0);
  return [...own, ...said].toSorted((a, b) => b - a)[0];
}

const usualOf = (machines: readonly Machine[]): Usual => ({
  port: mostCommon(machines.flatMap((one) => portOf(one) ?? [])) ?? wellKnown.port,
  keepalive:
    mostCommon(machines.flatMap((one) => keepaliveOf(one, machines) || [])) ?? wellKnown.keepalive,
  interface: mostCommon(machines.flatMap((one) => interfaceOf(one) ?? [])),
});

const endpointOf = (machine: Machine, { answers }: Known): Endpoint | undefined =>
  answers.endpoints.get(machine.name) ?? endpointsOf(machine)[0];

/** Of a tunnel one end has to be found by the other; asked of the one that is more of a hub. */
function askedForEndpoint(known: Known): ReadonlySet<Machine> {
  const { links, hubs, gateways } = known.shape;
  const unfound = links.filter(([a, b]) => !endpointOf(a, known) && !endpointOf(b, known));
  return new Set(
    unfound.map(([a, b]) => {
      if (hubs.get(a) === b) return b;
      return hubs.get(b) === a || gateways.includes(a) ? a : b;
    }),
  );
}

function addressFields(machine: Machine, { addresses, overlay }: Known): readonly Field[] {
  const own = overlay.flatMap((range) => {
    const found = addresses.get(machine)?.find((prefix) => range.contains(prefix));
    return found ? [found.first.toString()] : [];
  });
  return own.length === 0
    ? []
    : [{ key: 'overlay', value: own.length === 1 ? (own[0] as string) : own }];
}

function addressRemarks(machine: Machine, { addresses, overlay }: Known): readonly Remark[] {
  const own = addresses.get(machine) ?? [];
  if (own.length === 0) {
    return [
      question('which address has it inside the tunnel (overlay:)? Without one it gets a free one'),
    ];
  }
  const without = overlay.filter((range) => !own.some((prefix) => range.contains(prefix)));
  return without.map((range) => assumed(`it had no address in ${range}; it gets a free one`));
}

function machineOf(machine: Machine, known: Known, all: readonly Machine[]): DraftMachine {
  const { usual } = known;
  const endpoint = endpointOf(machine, known);
  const port = portOf(machine) ?? endpoint?.port;
  const isPortGuessed = portOf(machine) === undefined && port !== undefined && port !== usual.port;
  const keepalive = keepaliveOf(machine, all);
  const device = interfaceOf(machine);
  const fields: readonly (Field | false | undefined)[] = [
    endpoint && { key: 'endpoint', value: formatEndpoint(endpoint) },
    ...addressFields(machine, known),
    machine.key !== undefined && { key: 'key', value: machine.key },
    port !== undefined &&
      port !== usual.port && {
        key: 'port',
        value: port,
        ...(isPortGuessed && { remarks: [assumed('it listens on the port of its endpoint')] }),
      },
    keepalive !== undefined &&
      keepalive !== usual.keepalive &&
      !endpoint && { key: 'keepalive', value: keepalive },
    device !== undefined && device !== usual.interface && { key: 'interface', value: device },
  ];
  return {
    name: machine.name,
    remarks: [
      from(whereIs(machine)),
      ...(machine.unnamed ? [assumed('its name, which no file says (or which another has)')] : []),
      ...addressRemarks(machine, known),
      ...(askedForEndpoint(known).has(machine)
        ? [
            question(
              `at which public host and port do others reach it? (--endpoint ${machine.name}=HOST:PORT)`,
            ),
          ]
        : []),
      ...(machine.key === undefined
        ? [
            assumed(
              'its key is not in these files; it is known once it has joined or is written here (key:)',
            ),
          ]
        : []),
    ],
    fields: fields.filter((field) => field !== false && field !== undefined),
  };
}

function siteOf(machine: Machine, known: Known, all: readonly Machine[]): DraftSite {
  const subnets = subnetsOf(machine, known);
  const hasHub = [...known.shape.hubs.values()].includes(machine);
  return {
    name: machine.name,
    remarks:
      subnets.length > 0 || hasHub
        ? []
        : [question(`which ranges lie behind it? (--subnet ${machine.name}=PREFIX)`)],
    subnets: subnets.map(String),
    gateway: machineOf(machine, known, all),
  };
}

const subnetsOf = (machine: Machine, { subnets, answers }: Known): readonly Prefix[] =>
  answers.subnets.get(machine.name) ?? subnets.get(machine) ?? [];

/** What a machine at the edge sends into the tunnel, where that is not simply everything inside. */
function allowedFields(member: Machine, known: Known, all: readonly Machine[]): readonly Field[] {
  const own = all
    .flatMap(({ seen }) => seen)
    .filter(({ by }) => by === member)
    .flatMap(({ view }) => view.allowed);
  if (own.length === 0) return [];
  const inside = [
    ...known.overlay,
    ...known.shape.gateways.flatMap((one) => subnetsOf(one, known)),
  ];
  if (PrefixSet.of(own).equals(PrefixSet.of(inside))) return [];
  return [{ key: 'allowed_ips', value: own.map(String) }];
}

function memberOf(member: Machine, known: Known, all: readonly Machine[]): DraftMachine {
  const draft = machineOf(member, known, all);
  const hub = known.shape.hubs.get(member);
  if (!hub) return draft;
  const attached: readonly Field[] = [
    { key: 'hub', value: hub.name },
    { key: 'managed', value: false },
  ];
  return { ...draft, fields: [...attached, ...draft.fields, ...allowedFields(member, known, all)] };
}

function topologyField({ topology }: Shape): readonly Field[] {
  const remarks = [assumed('only the tunnels that these files name')];
  if (topology.kind === 'mesh') return [];
  if (topology.kind === 'hub') {
    return [{ key: 'topology', value: { hub: [topology.hub.name] }, remarks }];
  }
  const links = topology.links.map(([a, b]) => [a.name, b.name]);
  return [{ key: 'topology', value: { links }, remarks }];
}

function networkField(name: string | undefined): Field {
  if (name !== undefined) return { key: 'network', value: name };
  return { key: 'network', value: unnamed, remarks: [assumed('no file names it (--network)')] };
}

function defaultsOf({ port, keepalive, interface: device }: Usual, network: string) {
  const needsName = device === undefined && network.length > longestNetwork;
  return [
    { key: 'port', value: port },
    { key: 'keepalive', value: keepalive },
    ...(device === undefined ? [] : [{ key: 'interface', value: device }]),
    ...(needsName
      ? [{ key: 'interface', value: 'wg0', remarks: [assumed('no file names the interface')] }]
      : []),
  ];
}

const unmanaged = assumed(
  'members keep the files they have (managed: false); take the line out where Hawser is to run',
);

const byName = (machines: readonly Machine[]): readonly Machine[] =>
  machines.toSorted((a, b) => byText(a.name, b.name));

/**
 * One network of all configurations. Nothing is left out in silence: see the draft's remarks and
 * `left`.
 * @throws compile/import-...
 */
export function joinSources(
  sources: Sources,
  answers: Answers,
  files: readonly string[],
): { readonly draft: Draft; readonly left: readonly Left[] } {
  const { machines, left } = machinesOf(sources);
  checkAnswers(
    answers,
    machines.map(({ name }) => name),
  );
  const overlay = overlayOf(machines, answers.overlay);
  const ranges = rangesOf(machines, overlay.prefixes);
  const said = new Map(
    machines.map((one) => [one, answers.subnets.get(one.name) ?? ranges.subnets.get(one) ?? []]),
  );
  const shape = shapeOf(machines, said);
  const known: Known = {
    answers,
    overlay: overlay.prefixes,
    addresses: ranges.addresses,
    subnets: ranges.subnets,
    shape,
    usual: usualOf(machines),
  };
  const named = sources.sources.flatMap(({ own }) => own.network ?? [])[0];
  const network = answers.network ?? named;
  const members = byName(shape.members);
  const draft: Draft = {
    from: files,
    head: [
      networkField(network),
      { key: 'overlay', value: overlay.prefixes.map(String), remarks: overlay.remarks },
      ...topologyField(shape),
    ],
    defaults: defaultsOf(known.usual, network ?? unnamed),
    sites: byName(shape.gateways).map((one) => siteOf(one, known, machines)),
    members: members.map((one) => memberOf(one, known, machines)),
    membersRemarks: members.some((one) => shape.hubs.has(one)) ? [unmanaged] : [],
  };
  return { draft, left: [...sources.left, ...left, ...ranges.left] };
}
