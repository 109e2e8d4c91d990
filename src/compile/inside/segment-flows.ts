import type { Address } from '#ip';
import type { Port, Segment, Station } from '#spec';
import type { Trace } from '../api.ts';
import { flowClasses } from '../classes.ts';
import type { Model } from '../model.ts';
import { deviceIn, macOf } from '../project/routers/place.ts';
import { zoneOf } from '../project/segments/dhcp.ts';
import { segmentMtu } from '../project/segments/mtu.ts';
import { spaceName } from '../project/segments/space.ts';
import { stationsOf } from '../project/segments/stations.ts';
import { serversIn } from '../trace/server.ts';
import { trace } from '../trace/trace.ts';
import { type Leaving, leavingOf } from './leaving.ts';
import { type UnnamedAt, unnamedElsewhere, unnamedOnPort } from './unnamed.ts';
import { mostAtSite, type Untried, untriedIn } from './untried.ts';
import { portsOf, type Voice, voicesIn } from './voices.ts';

/** A name that a server of ours answers for in a segment. */
export interface ServedName {
  readonly to: string;
  readonly name: string;
  readonly server: string;
  readonly addresses: readonly string[];
}

/** A machine that the file has on the port of a site. */
export interface OnPort {
  readonly to: string;
  readonly mac: string;
  readonly address: string;
}

/** A DHCP server of ours, and who asks it, with what he has for good. */
export interface AskedForOptions {
  readonly to: string;
  readonly server: string;
  readonly address: string;
  readonly mac: string;
}

/** What the agent of one machine can try of a segment without speaking for anybody else. */
export interface SegmentPart {
  readonly machine: string;
  /** Who speaks: a gateway for itself, or whoever of ours has an address of the segment. */
  readonly from: string;
  /** The namespace in which that is; absent: the machine's own. */
  readonly space?: string;
  readonly flows: readonly Trace[];
  readonly names: readonly ServedName[];
  readonly stations: readonly OnPort[];
  readonly leaving: readonly Leaving[];
  readonly dhcp: readonly AskedForOptions[];
  /** Where those are looked for that no file names. */
  readonly unnamed: readonly UnnamedAt[];
  /** Whether the namespace is as its state says is looked at, too. */
  readonly isLookedAt: boolean;
}

export interface SegmentExpectations {
  /** How many parts there are, and how many are done with this one. */
  readonly all: number;
  readonly done: number;
  readonly part?: SegmentPart;
  /** With the first part, what none of them tries. */
  readonly untried: readonly Untried[];
}

interface Choice {
  readonly segment: string;
  /** By the agent of this machine alone. */
  readonly from?: string | undefined;
  /** Of these alone. */
  readonly to?: readonly string[] | undefined;
  /** So many parts were done before. */
  readonly after?: number | undefined;
  /** Absent: every class that the policy tells apart. */
  readonly ports?: readonly Port[] | undefined;
}

/** What can be tried of a segment, one part at a time; of one that is not there, nothing. */
export function segmentExpectations(model: Model, choice: Choice): SegmentExpectations {
  const segment = model.network.segments.find(({ name }) => name === choice.segment);
  if (!segment) return { all: 0, done: 0, untried: [] };
  const { from, after = 0 } = choice;
  const parts = [...gatewayParts(model, segment, choice), ...voiceParts(model, segment, choice)];
  const wanted = parts.filter(({ machine }) => from === undefined || machine === from);
  const part = wanted[after]?.make();
  return {
    all: wanted.length,
    done: Math.min(after + 1, wanted.length),
    ...(part && { part }),
    untried: after > 0 ? [] : untriedIn(model, segment, from),
  };
}

interface Later {
  readonly machine: string;
  readonly make: () => SegmentPart;
}

const nothing = {
  ...{ flows: [], names: [], stations: [], leaving: [], dhcp: [], unnamed: [] },
  isLookedAt: false,
} as const;

/** Each gateway asks on its own port for the machines that the file has there. */
function gatewayParts(model: Model, segment: Segment, { to }: Choice): readonly Later[] {
  return portsOf(model, segment).map(({ site, node }) => ({
    machine: node.name,
    make: () => ({
      ...nothing,
      machine: node.name,
      from: node.name,
      space: spaceName(model, segment),
      stations: chosen(segment.stations, to)
        .filter((station) => station.site === site)
        .flatMap(({ name, mac, addresses }) =>
          addresses.map((address) => ({ to: name, mac, address: String(address) })),
        ),
      unnamed: to === undefined ? unnamedOnPort(model, segment, site) : [],
      isLookedAt: to === undefined,
    }),
  }));
}

/** Those of ours that have an address of the segment reach all others, or do not, as the file says. */
function voiceParts(model: Model, segment: Segment, choice: Choice): readonly Later[] {
  const { to, ports = flowClasses(model.network) } = choice;
  const classes = ports.filter(({ protocol }) => protocol !== 'udp');
  return voicesIn(model, segment).map((voice) => ({
    machine: voice.node.name,
    make: () => ({
      ...nothing,
      machine: voice.node.name,
      from: voice.name,
      ...(voice.space !== undefined && { space: voice.space }),
      flows: targetsOf(model, segment, to)
        .filter(({ name }) => name !== voice.name)
        .flatMap((target) =>
          flowsTo(
            model,
            segment,
            voice,
            target,
            classes.filter((port) => canAsk(voice, port)),
          ),
        ),
      names: namesFor(model, segment, voice, to),
      dhcp: to === undefined ? serversFor(model, segment, voice) : [],
      leaving: to === undefined && isAtHome(voice, segment) ? leavingOf(voice.router) : [],
      unnamed:
        to === undefined && classes.some(({ protocol }) => protocol === 'icmp')
          ? unnamedElsewhere(model, segment, voice)
          : [],
      isLookedAt: to === undefined && isAtHome(voice, segment),
    }),
  }));
}

const canAsk = ({ onlyPings }: Voice, { protocol }: Port): boolean =>
  !onlyPings || protocol === 'icmp';

/** A router of several segments lets out what it does for all of them. */
const isAtHome = ({ router }: Voice, { name }: Segment): boolean => router?.segments[0] === name;

/** Some of the machines of each site. */
function chosen<T extends Station>(
  stations: readonly T[],
  to: readonly string[] | undefined,
): readonly T[] {
  const wanted = stations.filter(({ name }) => to === undefined || to.includes(name));
  return [...Map.groupBy(wanted, ({ site }) => site).values()].flatMap((all) =>
    all.slice(0, mostAtSite),
  );
}

const targetsOf = (
  model: Model,
  segment: Segment,
  to: readonly string[] | undefined,
): readonly Station[] => [
  ...chosen([...stationsOf(model, segment), ...serversIn(model, segment)], to),
];

function flowsTo(
  model: Model,
  segment: Segment,
  voice: Voice,
  target: Station,
  classes: readonly Port[],
): readonly Trace[] {
  const mtu = voice.site === target.site ? undefined : segmentMtu(model, voice.node, segment);
  return voice.addresses.flatMap((source) => {
    const address = target.addresses.find(({ family }) => family === source.family);
    if (!address) return [];
    return classes.map((port) => ({
      ...trace(model, String(source), String(address), port, source.family),
      ...(mtu !== undefined && { mtu }),
    }));
  });
}

/** A router of ours has an address for good, and so asks the server at its site for all but that. */
function serversFor(
  model: Model,
  segment: Segment,
  { router, site, addresses }: Voice,
): readonly AskedForOptions[] {
  const own = addresses.find(({ family }) => family === 4);
  if (!router || !own) return [];
  const mac = macOf(model, router.name, deviceIn(segment));
  return serversIn(model, segment)
    .filter((server) => server.site === site)
    .flatMap(({ name, addresses: all }) =>
      all
        .filter(({ family }) => family === 4)
        .map((one) => ({ to: name, server: String(one), address: String(own), mac })),
    );
}

const dns: Port = { protocol: 'udp', first: 53, last: 53 };

/** A server is asked by its own gateway for all names, and by others of ours whom it answers for one. */
function namesFor(
  model: Model,
  segment: Segment,
  voice: Voice,
  to: readonly string[] | undefined,
): readonly ServedName[] {
  const zone = zoneOf(model);
  const all = chosen(segment.stations, to).filter(({ addresses }) => addresses.length > 0);
  return serversIn(model, segment).flatMap((server) => {
    const own = server.name === voice.name;
    return server.addresses
      .filter((one) => segment.dns.some((asked) => asked.equals(one)))
      .filter((one) => own || isAnswered(model, voice, one))
      .flatMap((address) =>
        all.slice(0, own ? all.length : 1).map(({ name, addresses }) => ({
          to: name,
          name: `${name}.${zone}`,
          server: String(address),
          addresses: addresses.map(String),
        })),
      );
  });
}

function isAnswered(model: Model, { addresses }: Voice, server: Address): boolean {
  const source = addresses.find(({ family }) => family === server.family);
  if (!source) return false;
  const { verdict } = trace(model, String(source), String(server), dns);
  return verdict === 'allow' || verdict === 'outside';
}
