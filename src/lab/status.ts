import type { SessionStatus } from '#agent';
import { inParallel } from '#base';
import type { HostState } from '#state';
import { type Lab, managedMachines, stationOf } from './lab.ts';
import { type Lease, leaseOf } from './leases.ts';
import { addressesOf } from './listening.ts';
import { parseHandshakes } from './prove/handshakes.ts';
import { ask, inSpace, type StationClient } from './station/client.ts';
import type { Station } from './underlay/plan.ts';

/** A lab, as `lab status` shows it. */
export interface LabState {
  /** Absent where the lab has none. */
  readonly server?: ServerState;
  readonly machines: readonly MachineStatus[];
}

export interface ServerState {
  readonly name: string;
  readonly runs: boolean;
  /** Of the network, as it has it on its disk. */
  readonly revision: number;
}

/** One machine of a lab. */
export interface MachineStatus {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  readonly addresses: readonly string[];
  /** Addresses the rest of the world sees it by. */
  readonly publics: readonly string[];
  /** Of a managed machine where the lab has a server: what its agent says; null where none runs. */
  readonly agent?: SessionStatus | null;
  /** Of a machine of a segment that asked a DHCP server. */
  readonly lease?: Lease;
  /** Of what stands for the DHCP server of a cloud: whether it does. */
  readonly serves?: boolean;
  /** Those its state names, whether they are there or not. */
  readonly tunnels: readonly TunnelStatus[];
}

export interface TunnelStatus {
  readonly device: string;
  /** Whether there is such a WireGuard device. */
  readonly there: boolean;
  readonly peers: readonly PeerStatus[];
}

export interface PeerStatus {
  readonly name: string;
  /** Whether the device has such a peer. */
  readonly there: boolean;
  /** Since the latest handshake; absent without one. */
  readonly secondsAgo?: number;
}

export async function statusOf(lab: Lab): Promise<LabState> {
  const server = await serverState(lab);
  const managed = new Set(server ? managedMachines(lab) : []);
  const machines = await inParallel(lab.underlay.stations, 8, async (station) => {
    const client = stationOf(lab, station.name);
    const state = lab.states.get(station.name);
    return {
      name: station.name,
      kind: station.kind,
      unit: station.unit,
      addresses: addressesOf(lab.model, station),
      publics: station.edge.publics.map(String),
      ...(managed.has(station.name) && { agent: await agentOf(lab, client) }),
      ...(await dhcpOf(station, client)),
      tunnels: state ? await tunnelsOf(client, state) : [],
    };
  });
  return { ...(server && { server }), machines };
}

async function serverState(lab: Lab): Promise<ServerState | undefined> {
  const { server: name } = lab.record;
  if (name === undefined) return undefined;
  const { runs } = await ask(stationOf(lab, name), { do: 'server' });
  return { name, runs, revision: lab.model.inputs.rev };
}

async function dhcpOf(
  { kind, asks }: Station,
  client: StationClient,
): Promise<Pick<MachineStatus, 'lease' | 'serves'>> {
  if (kind === 'dhcp') return { serves: (await ask(client, { do: 'server' })).runs };
  const lease = asks && (await leaseOf(client));
  return lease ? { lease } : {};
}

async function agentOf({ network }: Lab, client: StationClient): Promise<SessionStatus | null> {
  const agent = await ask(client, { do: 'agent' });
  return agent?.networks.find((one) => one.network === network.name) ?? null;
}

/** What an agent says, in a few words: `connected`; `no server, not confirmed`. */
export function describeAgent(agent: SessionStatus | null): string {
  if (!agent) return 'none runs';
  const { revision, confirmed, connected, complete, pending, frozen } = agent;
  return [
    connected ? 'connected' : 'no server',
    ...(pending ? ['waits for approval'] : []),
    ...(complete || pending ? [] : ['not all done']),
    ...(revision === confirmed ? [] : ['not confirmed']),
    ...(frozen ? ['frozen'] : []),
  ].join(', ');
}

/** What is so of the tunnels that a machine's state names. */
export async function tunnelsOf(
  client: StationClient,
  state: HostState,
): Promise<readonly TunnelStatus[]> {
  const wg = async (what: readonly string[]): Promise<string> =>
    (await ask(client, { do: 'run', argv: inSpace(client, ['wg', 'show', ...what]) })).stdout;
  const devices = (await wg(['interfaces'])).trim().split(' ');
  const handshakes = parseHandshakes(await wg(['all', 'latest-handshakes']));
  const now = Date.now() / 1000;
  return Object.values(state.tunnels).map(({ interface: device, peers }) => ({
    device,
    there: devices.includes(device),
    peers: Object.entries(peers).map(([name, { publicKey }]) => {
      const at = handshakes.get(publicKey);
      const secondsAgo = at ? Math.max(0, Math.round(now - at)) : undefined;
      return { name, there: at !== undefined, ...(secondsAgo !== undefined && { secondsAgo }) };
    }),
  }));
}

/** Its addresses, and who gave one: `10.101.0.11 (by DHCP from 10.101.0.3)`. */
export const describeAddresses = ({ addresses, lease, serves }: MachineStatus): string =>
  [
    ...addresses.map((one) =>
      one === lease?.address ? `${one} (by DHCP from ${lease.server})` : one,
    ),
    ...(serves === false ? ['(does not run)'] : []),
  ].join(' ');

/** Up to this many peers are told one by one. */
const mostPeers = 3;

/** What is so, in a few words: `master 12 s ago, vpn never`; `no device wg0`. */
export function describeTunnel({ device, there, peers }: TunnelStatus): string {
  if (!there) return `no device ${device}`;
  if (peers.length <= mostPeers) return peers.map(describePeer).join(', ');
  const shaken = peers.flatMap(({ secondsAgo }) => secondsAgo ?? []);
  const others = peers.filter(({ secondsAgo }) => secondsAgo === undefined).map(describePeer);
  const more = others.length - mostPeers;
  return [
    `${shaken.length} of ${peers.length}`,
    ...(shaken.length > 0 ? [`the last ${ago(Math.min(...shaken))}`] : []),
    ...others.slice(0, mostPeers),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join(', ');
}

const describePeer = ({ name, there, secondsAgo }: PeerStatus): string =>
  there ? `${name} ${secondsAgo === undefined ? 'never' : ago(secondsAgo)}` : `no peer ${name}`;

const ago = (seconds: number): string =>
  seconds < 600 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
