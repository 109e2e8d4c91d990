import { by, type Secret } from '#base';
import { type Endpoint, Prefix, parseEndpoint } from '#ip';
import {
  type DeviceRef,
  type Forwarding,
  type HostState,
  type PeerItem,
  type Route,
  type Rule,
  type SplitDns,
  type Sysctl,
  viewOf,
} from '#state';
import { compileErrors } from '../errors.ts';
import { hostFormats } from './formats.ts';

/** Secrets that are no part of a HostState. */
export interface ExportOptions {
  readonly privateKey?: Secret;
  /** Machines that will be peers as soon as their keys are known. */
  readonly pending?: readonly string[];
  /** Preshared keys by `id@version`. */
  readonly presharedKeys?: ReadonlyMap<string, Secret>;
}

export interface PlannedPeer {
  readonly name: string;
  readonly publicKey: string;
  readonly endpoint?: Endpoint;
  /** Seconds. */
  readonly keepalive?: number;
  readonly presharedKey?: Secret;
  readonly allowedIps: readonly Prefix[];
}

/** One tunnel of a HostState with what belongs to it, as all formats write it. */
export interface TunnelPlan {
  readonly machine: string;
  readonly network: string;
  readonly device: string;
  readonly privateKey?: Secret;
  readonly listenPort: number;
  readonly fwmark?: number;
  /** Bytes. */
  readonly mtu?: number;
  /** Of the tunnel's device, with their lengths. */
  readonly addresses: readonly string[];
  /** Sorted by name. */
  readonly peers: readonly PlannedPeer[];
  readonly routes: readonly PlannedRoute[];
  readonly rules: readonly Rule[];
  readonly sysctls: readonly Sysctl[];
  readonly forwarding: readonly Forwarding[];
  /** How names are found; absent where there are none. */
  readonly dns?: SplitDns;
  /** What no format but HostState can say, one sentence each. */
  readonly beyond: readonly string[];
}

function plannedPeer(item: PeerItem, { presharedKeys }: ExportOptions): PlannedPeer {
  const { publicKey, endpoint, keepalive, presharedKey, label } = item;
  const secret = presharedKey === undefined ? undefined : presharedKeys?.get(presharedKey);
  return {
    name: label ?? publicKey,
    publicKey,
    ...(endpoint !== undefined && { endpoint: parseEndpoint(endpoint) }),
    ...(keepalive > 0 && { keepalive }),
    ...(secret && { presharedKey: secret }),
    allowedIps: item.allowedIps.map((text) => Prefix.parse(text)).sort((a, b) => a.compare(b)),
  };
}

/** A route by a device that needs no agent to find it. */
export type PlannedRoute = Omit<Route, 'device'> & { readonly device?: DeviceRef };

/** While a key changes, only an agent sees by which tunnel a peer lives. */
const plannedRoute = ({ device, ...route }: Route, own: string): PlannedRoute => {
  if (device === undefined) return route;
  return { ...route, device: typeof device !== 'string' && 'carrying' in device ? own : device };
};

const isUnreachable = ({ type }: Route): boolean => type === 'unreachable';

const withoutTunnel = 'unreachable routes: without its tunnel, traffic takes the default route';

/** What the machine's other parts are, which only its agent can set up. */
function beyond(
  state: HostState,
  device: string,
  peers: readonly PeerItem[],
  { presharedKeys, pending = [] }: ExportOptions,
): readonly string[] {
  const all = Object.values(state.namespaces);
  const refuses = all.some(({ routes }) => routes?.items.some(isUnreachable));
  const tables = all.flatMap(({ nft }) => nft?.items.map(({ name }) => name) ?? []);
  const others = Object.values(state.tunnels).map((tunnel) => tunnel.interface);
  const names = all.some((one) => (one.names?.hostsFile ?? 'never') !== 'never');
  const answers = all.some(({ resolvers }) => (resolvers?.items.length ?? 0) > 0);
  const secrets = peers.flatMap(({ presharedKey = '', label = '' }) =>
    presharedKey === '' || presharedKeys?.has(presharedKey) ? [] : [label],
  );
  return [
    ...pending.map((name) => `the peer ${name}: its public key is not known yet`),
    ...(refuses ? [withoutTunnel] : []),
    ...tables.map((name) => `the filter ${name}: every peer may reach whatever this machine does`),
    ...others.filter((name) => name !== device).map((name) => `the tunnel ${name}`),
    ...(answers ? ['the resolver that answers to all machines for their names'] : []),
    ...(names ? ['names in /etc/hosts: hawser export FILE MACHINE --format hosts'] : []),
    ...secrets.map((name) => `the preshared key for ${name}: add a line PresharedKey`),
  ];
}

const withLength = (address: string): string =>
  address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`;

/**
 * The first tunnel (lane 0) of a machine, ready to be written in `format`.
 * @throws compile/export-no-tunnel
 */
export function planOf(state: HostState, format: string, options: ExportOptions): TunnelPlan {
  const [tunnel] = Object.values(state.tunnels).sort((a, b) => a.lane - b.lane);
  if (!tunnel) {
    const { machine } = state;
    const formats = hostFormats.join(', ');
    throw compileErrors.error('compile/export-no-tunnel', { machine, format, formats });
  }
  const { interface: device, livesIn, listenPort, fwmark } = tunnel;
  const inside = state.namespaces[livesIn] ?? {};
  const dns = inside.splitDns?.items.find((item) => item.device === device);
  const link = inside.links?.items.find(({ name }) => name === device);
  const own = inside.addresses?.items.filter((item) => item.device === device) ?? [];
  const items = [...(viewOf(state).get(tunnel.bornIn)?.peers.values() ?? [])];
  const peers = items.filter((item) => item.interface === device);
  return {
    machine: state.machine,
    network: state.network,
    device,
    ...(options.privateKey && { privateKey: options.privateKey }),
    listenPort,
    ...(fwmark !== undefined && { fwmark }),
    ...(link && { mtu: link.mtu }),
    addresses: own.map(({ address }) => withLength(address)),
    peers: peers.map((item) => plannedPeer(item, options)).sort(by(({ name }) => name)),
    routes: (inside.routes?.items ?? [])
      .filter((route) => !isUnreachable(route))
      .map((route) => plannedRoute(route, device)),
    rules: inside.rules?.items ?? [],
    sysctls: inside.sysctls?.items ?? [],
    forwarding: inside.forwarding?.items ?? [],
    ...(dns && { dns }),
    beyond: beyond(state, device, peers, options),
  };
}
