import { lookup } from 'node:dns/promises';
import { inParallel } from '#base';
import { networkOf, type Run, underlayMtu } from '#host';
import { Prefix, parseEndpoint } from '#ip';
import type { PeerItem } from '#state';
import type { DeviceDump, PeerDump } from '#wireguard';
import { overheadOf } from '../checks/peers.ts';
import type { OwnNetwork, PeerSeen, Peers } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { largestThat } from './mtu.ts';
import { dumpAll, livesIn, runAt } from './networks.ts';
import { type Ping, type Pong, ping } from './ping.ts';
import { deviceTowards } from './routes.ts';
import { within } from './within.ts';

/** Peers that are looked at, and how many at once: a hub may have thousands. */
const mostPeers = 64;
const atOnce = 8;

/** ms until a name must be resolved. */
const namePatience = 3_000;

interface Subject {
  readonly network: OwnNetwork;
  readonly peer: PeerItem;
  readonly mark: number;
  readonly deviceMtu: number;
  /** Where its tunnel lives, if not in the agent's own namespace. */
  readonly namespace: string | undefined;
}

function subjectsOf(networks: readonly OwnNetwork[], mtus: ReadonlyMap<string, number>) {
  const places = livesIn(networks);
  return networks.flatMap((network) =>
    [...network.view.peers.values()].map((peer): Subject => {
      const tunnel = network.view.tunnels.get(peer.interface);
      return {
        network,
        peer,
        mark: tunnel?.fwmark ?? 0,
        deviceMtu: mtus.get(peer.interface) ?? linkMtu(network, peer.interface) ?? 1420,
        namespace: places.get(peer.interface),
      };
    }),
  );
}

/** What a device in another namespace is to have. */
const linkMtu = ({ state }: OwnNetwork, device: string): number | undefined =>
  Object.values(state.namespaces)
    .flatMap(({ links }) => links?.items ?? [])
    .find(({ name }) => name === device)?.mtu;

/** Of tunnels that live in other namespaces. */
const addressesAway = (networks: readonly OwnNetwork[]): readonly string[] => {
  const places = livesIn(networks);
  return networks
    .flatMap(({ state }) => Object.values(state.namespaces))
    .flatMap(({ addresses }) => addresses?.items ?? [])
    .filter(({ device }) => typeof device === 'string' && places.has(device))
    .map(({ address }) => address.split('/')[0] ?? '');
};

async function addressesOf(endpoint: string | undefined): Promise<readonly string[]> {
  if (endpoint === undefined) return [];
  const { host, address } = parseEndpoint(endpoint);
  if (address) return [address.toString()];
  const found = lookup(host, { all: true }).catch(() => []);
  return (await within(namePatience, found, [])).map((one) => one.address);
}

/** What pings one peer inside its tunnel and outside. */
class Probe {
  readonly #run: Run;
  /** Where the tunnel lives. */
  readonly #inside: Run;
  readonly #own: ReadonlySet<string>;
  readonly #subject: Subject;

  constructor(run: Run, own: ReadonlySet<string>, subject: Subject) {
    this.#run = run;
    this.#inside = runAt(run, subject.namespace);
    this.#own = own;
    this.#subject = subject;
  }

  #ping(ask: Ping): Promise<Pong> {
    return ping(this.#inside, ask, this.#own);
  }

  /** Looks through the tunnel and outside of it; the first also begins a session where there is none. */
  async look(outside: string | undefined): Promise<Partial<PeerSeen>> {
    const [target, path] = await Promise.all([
      this.#target(),
      outside === undefined ? undefined : this.#path(outside),
    ]);
    if (target === undefined) return { answers: false, ...(path && { pathMtu: path }) };
    const tunnelMtu = (await underlayMtu(this.#inside, [target], 0)) ?? this.#subject.deviceMtu;
    const passes = async (size: number): Promise<boolean> =>
      (await this.#ping({ address: target, size })) !== undefined;
    const fullSize = await passes(tunnelMtu);
    const measured = { tunnelMtu, answers: true, fullSize };
    if (path !== undefined) return { ...measured, pathMtu: path };
    const found = fullSize ? undefined : await largestThat(passes, tunnelMtu);
    const overhead = overheadOf(outside ?? '');
    return { ...measured, ...(found !== undefined && { pathMtu: found + overhead }) };
  }

  /** Largest packet on the way to the endpoint; undefined where pings are not answered there. */
  #path(outside: string): Promise<number | undefined> {
    const { mark, deviceMtu } = this.#subject;
    const passes = async (size: number): Promise<boolean> =>
      (await ping(this.#run, { address: outside, size, mark }, this.#own)) !== undefined;
    return largestThat(passes, deviceMtu + overheadOf(outside));
  }

  /**
   * Somebody at the other end of the tunnel who answers: the peer's own address where it is known, else
   * the router that a packet to anyone behind it meets first.
   */
  async #target(): Promise<string | undefined> {
    const prefixes = this.#subject.peer.allowedIps.map(Prefix.parse);
    const single = prefixes.find((prefix) => prefix.isSingle)?.first.toString();
    if (single !== undefined) return this.#ping({ address: single });
    const [first] = prefixes;
    const hosts = first ? [first.first.next(), first.first.next()?.next()] : [];
    const host = hosts.find((one) => one && !this.#own.has(one.toString()));
    return host && this.#ping({ address: host.toString(), hops: 1 });
  }
}

async function seen(gathering: Gathering, subject: Subject, own: ReadonlySet<string>) {
  const { run } = gathering.sources;
  const { network, peer, mark, deviceMtu } = subject;
  const addresses = await addressesOf(peer.endpoint);
  const [outside] = addresses;
  const leavesBy = outside === undefined ? undefined : await deviceTowards(run, outside, mark);
  const isTrapped = leavesBy === peer.interface;
  const looked = await new Probe(run, own, subject).look(isTrapped ? undefined : outside);
  return {
    network: network.state.network,
    machine: network.state.machine,
    name: peer.label ?? peer.publicKey,
    interface: peer.interface,
    ...(peer.endpoint !== undefined && { endpoint: peer.endpoint }),
    addresses,
    keepalive: peer.keepalive,
    ...(leavesBy !== undefined && { leavesBy }),
    tunnelMtu: deviceMtu,
    ...looked,
  } satisfies PeerSeen;
}

/** What the kernel counted for a peer. */
function countsOf(dump: PeerDump | undefined): Partial<PeerSeen> {
  if (!dump) return {};
  const { rx, tx, latestHandshake } = dump;
  const age = Math.max(0, Math.round(Date.now() / 1000 - latestHandshake));
  return { rx, tx, ...(latestHandshake !== 0 && { handshakeAge: age }) };
}

const dumpOf = (dumps: readonly DeviceDump[], { peer }: Subject): PeerDump | undefined =>
  dumps
    .find(({ name }) => name === peer.interface)
    ?.peers.find(({ publicKey }) => publicKey === peer.publicKey);

/** Looks at the peers, many at once; counters are read when all have been spoken to. */
export async function gatherPeers(gathering: Gathering): Promise<Peers> {
  const [networks, devices] = await Promise.all([
    gathering.get('networks'),
    gathering.get('devices'),
  ]);
  const own = new Set([
    ...devices.flatMap(({ addresses }) => addresses.map((one) => one.split('/')[0] ?? '')),
    ...addressesAway(networks),
  ]);
  const tunnels = devices.filter(({ alias }) => networkOf(alias) !== undefined);
  const all = subjectsOf(networks, new Map(tunnels.map(({ name, mtu }) => [name, mtu])));
  const subjects = all.slice(0, mostPeers);
  const peers = await inParallel(subjects, atOnce, (one) => seen(gathering, one, own));
  const dumps = await dumpAll(gathering);
  return {
    all: peers.map((peer, index) => ({
      ...peer,
      ...countsOf(dumpOf(dumps, subjects[index] as Subject)),
    })),
    left: all.length - subjects.length,
  };
}
