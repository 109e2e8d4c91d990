import { byText } from '#base';
import { PrefixSet } from '#ip';
import type { Facts } from '../inputs.ts';
import {
  assumed,
  type Draft,
  type DraftMachine,
  type DraftSite,
  type Field,
  question,
} from './draft.ts';
import { extrasOf } from './extras.ts';
import { factsOf } from './facts.ts';
import { type Known, subnetsOf, type Usual, unfoundOf, usualOf, wellKnown } from './known.ts';
import { machineOf } from './machine-draft.ts';
import { type Machine, machinesOf } from './machines.ts';
import { type Answers, checkAnswers } from './options.ts';
import { overlayOf } from './overlay.ts';
import { rangesOf } from './ranges.ts';
import { type Shape, shapeOf } from './shape.ts';
import type { Left, Sources } from './source.ts';

const unnamed = 'imported';
/** `hw-` and a name must fit into the 15 characters of a Linux interface. */
const longestNetwork = 12;

function siteOf(machine: Machine, known: Known): DraftSite {
  const subnets = subnetsOf(machine, known);
  const hasHub = [...known.shape.hubs.values()].includes(machine);
  return {
    name: machine.name,
    remarks:
      subnets.length > 0 || hasHub
        ? []
        : [question(`which ranges lie behind it? (--subnet ${machine.name}=PREFIX)`)],
    subnets: subnets.map(String),
    gateway: machineOf(machine, known),
  };
}

/** What a machine at the edge sends into the tunnel, where that is not simply everything inside. */
function allowedFields(member: Machine, known: Known): readonly Field[] {
  const own = member.says.flatMap(({ allowed }) => allowed);
  if (own.length === 0) return [];
  const inside = [
    ...known.overlay,
    ...known.shape.gateways.flatMap((one) => subnetsOf(one, known)),
  ];
  if (PrefixSet.of(own).equals(PrefixSet.of(inside))) return [];
  return [{ key: 'allowed_ips', value: own.map(String) }];
}

function memberOf(member: Machine, known: Known): DraftMachine {
  const draft = machineOf(member, known);
  const hub = known.shape.hubs.get(member);
  if (!hub) return draft;
  const attached: readonly Field[] = [
    { key: 'hub', value: hub.name },
    { key: 'managed', value: false },
  ];
  return { ...draft, fields: [...attached, ...draft.fields, ...allowedFields(member, known)] };
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

function defaultsOf(usual: Usual, network: string): readonly Field[] {
  const { port, keepalive, interface: device } = usual;
  const needsName = device === undefined && network.length > longestNetwork;
  const custom = [assumed('no file says it; this is the custom')];
  return [
    { key: 'port', value: port ?? wellKnown.port, ...(port === undefined && { remarks: custom }) },
    {
      key: 'keepalive',
      value: keepalive ?? wellKnown.keepalive,
      ...(keepalive === undefined && { remarks: custom }),
    },
    ...(device === undefined ? [] : [{ key: 'interface', value: device }]),
    ...(needsName ? [{ key: 'interface', value: 'wg0', remarks: custom }] : []),
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
): { readonly draft: Draft; readonly facts: Facts; readonly left: readonly Left[] } {
  const { machines, left } = machinesOf(sources, answers);
  checkAnswers(
    answers,
    machines.map(({ name }) => name),
  );
  const overlay = overlayOf(machines, answers.overlay);
  const ranges = rangesOf(machines, overlay.prefixes);
  const said = new Map(
    machines.map((one) => [one, answers.subnets.get(one.name) ?? ranges.subnets.get(one) ?? []]),
  );
  const shape = shapeOf(machines, said, overlay.prefixes);
  const known: Known = {
    answers,
    overlay: overlay.prefixes,
    addresses: ranges.addresses,
    subnets: ranges.subnets,
    shape,
    usual: usualOf(machines),
    unfound: unfoundOf({ answers, shape }),
  };
  const named = sources.sources.flatMap(({ own }) => own.network ?? [])[0];
  const network = answers.network ?? named;
  const members = byName(shape.members);
  const draft: Draft = {
    from: files,
    network: network ?? unnamed,
    head: [
      networkField(network),
      { key: 'overlay', value: overlay.prefixes.map(String), remarks: overlay.remarks },
      ...topologyField(shape),
    ],
    defaults: defaultsOf(known.usual, network ?? unnamed),
    sites: byName(shape.gateways).map((one) => siteOf(one, known)),
    members: members.map((one) => memberOf(one, known)),
    membersRemarks: members.some((one) => shape.hubs.has(one)) ? [unmanaged] : [],
  };
  return {
    draft,
    facts: factsOf(machines),
    left: [...sources.left, ...left, ...ranges.left, ...extrasOf(known, machines)],
  };
}
