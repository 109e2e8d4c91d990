import type { Limit, Loaded, Pinged, ProbeSample, Watched } from '#api';

/** What one direction was measured to be, and all that was seen meanwhile. */
export interface Measured {
  readonly from: string;
  readonly to: string;
  readonly loaded: Loaded;
  /** So many were to be sent at most. */
  readonly most: number;
  readonly idle: Pinged | undefined;
  readonly latency: Pinged | undefined;
  readonly machines: readonly ({ readonly machine: string } & Watched)[];
  /** What the probes of the tunnels on the way say. */
  readonly probes: readonly ProbeSample[];
}

interface Verdict {
  readonly limit: Limit;
  readonly why: string;
}

/** From this share on cores have nothing left to give. */
const full = 0.9;
/** Of what a busy machine does, WireGuard’s share that makes it the reason. */
const mostly = 0.4;
/** From this share of segments that are sent twice on, TCP slows down for them. */
const lossy = 0.005;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const many = (count: number): string => (Math.round(count * 10) / 10).toString();

/** What kept it from being faster, the surest evidence first. Pure. */
export function limitOf(measured: Measured): Verdict {
  for (const judge of judges) {
    const found = judge(measured);
    if (found) return found;
  }
  return { limit: 'link', why: restOf(measured) };
}

type Judge = (measured: Measured) => Verdict | undefined;

const ofBytes: Judge = ({ loaded, most }) =>
  loaded.bytes < 0.95 * most
    ? undefined
    : { limit: 'bytes', why: 'all that was to be sent was sent: more bytes tell more' };

const ofHole: Judge = ({ probes }) => {
  const hole = probes.find((probe) => probe.hole !== undefined)?.hole;
  if (hole === undefined) return undefined;
  return {
    limit: 'mtu',
    why: `of packets of ${hole} bytes none comes back on a tunnel of the way, of small ones all: the path takes less than it should`,
  };
};

/** wireguard-go has many threads: it is full where its machine is. */
const ofWireGuard: Judge = ({ machines }) => {
  const busy = machines.find(
    ({ busy: share, wireguard = 0, cores }) => share >= full && wireguard >= mostly * cores,
  );
  if (!busy) return undefined;
  const { machine, wireguard = 0, cores, busy: share } = busy;
  return {
    limit: 'wireguard-go',
    why: `wireguard-go at ${machine} takes ${many(wireguard)} of its ${cores} ${cores === 1 ? 'core' : 'cores'}, which are busy to ${percent(share)}: the kernel’s WireGuard needs less`,
  };
};

const ofCpu: Judge = ({ machines }) => {
  const busy = machines.find(({ busy: share }) => share >= full);
  return (
    busy && {
      limit: 'cpu',
      why: `all ${busy.cores} cores of ${busy.machine} are busy, to ${percent(busy.busy)}`,
    }
  );
};

const ofCore: Judge = ({ machines }) => {
  const busy = machines.find(({ hottest, cores }) => cores > 1 && hottest >= full);
  return (
    busy && {
      limit: 'core',
      why: `one core of ${busy.machine} is busy to ${percent(busy.hottest)}, all together to ${percent(busy.busy)}: one flow is handled by one core`,
    }
  );
};

const ofLoss: Judge = ({ loaded: { again, segments } }) => {
  if (again === undefined || !segments || again / segments < lossy) return undefined;
  return {
    limit: 'loss',
    why: `${((100 * again) / segments).toFixed(1)} % of the segments were lost and sent again, and no machine on the way was busy`,
  };
};

const judges: readonly Judge[] = [ofBytes, ofHole, ofWireGuard, ofCpu, ofCore, ofLoss];

function restOf({ idle, latency, machines }: Measured): string {
  const most = machines.toSorted((a, b) => b.busy - a.busy)[0];
  const rest = most ? `${most.machine} was busy to ${percent(most.busy)} and` : 'as far as known';
  const [calm = 0, loaded = 0] = [idle?.mean, latency?.mean];
  const queue =
    calm > 0 && loaded > 2 * calm + 5
      ? `; echoes took ${many(loaded)} ms instead of ${many(calm)}: its queue was full`
      : '';
  return `the link, or a limit that somebody set on it: ${rest} hardly anything was lost${queue}`;
}
