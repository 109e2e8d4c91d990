import type { Diagnostic, Severity } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { Facts, PeerSeen } from '../facts.ts';

/** Seconds after which a session is void (REJECT_AFTER_TIME of WireGuard's protocol), and some. */
const voidAfter = 185;

/** Bytes that WireGuard adds: IP, UDP and its own header. */
export const overheadOf = (address: string): number => (address.includes(':') ? 80 : 60);

const addressOf = ({ addresses, endpoint }: PeerSeen): string => addresses[0] ?? endpoint ?? '';

const inWords = (seconds: number): string =>
  seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;

const isAlive = ({ handshakeAge }: PeerSeen): boolean =>
  handshakeAge !== undefined && handshakeAge < voidAfter;

/** Whom this machine can call, or who keeps calling it, and has not been heard for too long. */
function silent(peer: PeerSeen, severity: Severity): readonly Diagnostic[] {
  const { name, endpoint, handshakeAge } = peer;
  if (peer.rx === undefined || endpoint === undefined || isAlive(peer)) return [];
  const host = addressOf(peer);
  return handshakeAge === undefined
    ? [found('doctor/no-handshake', { peer: name, endpoint, host }, { severity })]
    : [found('doctor/old-handshake', { peer: name, age: inWords(handshakeAge) }, { severity })];
}

const listensOn = (networks: Facts['networks'], device: string): number =>
  networks.flatMap(({ view }) => view.tunnels.get(device)?.listenPort ?? [])[0] ?? 0;

/** Nobody at all was ever heard: that is no peer's affair. */
function neverHeard({ networks, peers }: Pick<Facts, 'networks' | 'peers'>): readonly string[] {
  const byDevice = Map.groupBy(peers.all, (peer) => peer.interface);
  return [...byDevice]
    .filter(([device, own]) => own.every(({ rx }) => rx === 0) && listensOn(networks, device) > 0)
    .map(([device]) => device);
}

function handshakes(facts: Pick<Facts, 'networks' | 'peers'>): readonly Diagnostic[] {
  const { networks, peers } = facts;
  const deaf = neverHeard(facts);
  const some = peers.all.some(isAlive);
  return [
    ...deaf.map((device) =>
      found('doctor/never-heard', { interface: device, port: listensOn(networks, device) }),
    ),
    ...peers.all
      .filter((peer) => !deaf.includes(peer.interface))
      .flatMap((peer) => silent(peer, some ? 'warning' : 'error')),
  ];
}

/** A trap that costs every packet: WireGuard's own go where they are to be carried. */
function trapped({ all }: Facts['peers']): readonly Diagnostic[] {
  return all.flatMap((peer) => {
    const { name, leavesBy, interface: device } = peer;
    const address = addressOf(peer);
    const args = { peer: name, address, interface: device };
    if (leavesBy === device) return [found('doctor/endpoint-in-tunnel', args)];
    const isLost = peer.addresses.length > 0 && leavesBy === undefined;
    return isLost ? [found('doctor/no-way', { peer: name, address })] : [];
  });
}

/** IP packets of a tunnel with their outer headers, bytes. */
const outerSize = (peer: PeerSeen): number => peer.tunnelMtu + overheadOf(addressOf(peer));

function holes({ all }: Facts['peers']): readonly Diagnostic[] {
  return all.flatMap((peer) => {
    const { name, machine, interface: device, pathMtu, answers, fullSize } = peer;
    const size = outerSize(peer);
    const common = { peer: name, machine, interface: device, size };
    if (answers && fullSize === false) {
      const largest =
        pathMtu === undefined ? 'how much passes could not be measured' : `${pathMtu} bytes pass`;
      return [found('doctor/mtu-hole', { ...common, largest, mtu: pathMtu ?? 1280 })];
    }
    if (pathMtu === undefined || pathMtu >= size) return [];
    return [found('doctor/narrow-path', { ...common, path: pathMtu }, { severity: 'warning' })];
  });
}

const counted = ({ all, left }: Facts['peers']): string => {
  const number = `${all.length} ${all.length === 1 ? 'peer' : 'peers'}`;
  return left > 0 ? `${number}; ${left} more were not looked at` : number;
};

export const peerChecks = [
  check({
    id: 'endpoint',
    group: 'peers',
    fine: "WireGuard's own packets to each peer leave by the machine's own network",
    needs: ['peers'],
    codes: ['doctor/endpoint-in-tunnel', 'doctor/no-way'],
    judge: ({ peers }) => trapped(peers),
    detail: ({ peers }) => counted(peers),
  }),
  check({
    id: 'handshake',
    group: 'peers',
    fine: 'each peer that this machine can call has answered',
    needs: ['networks', 'peers'],
    codes: ['doctor/never-heard', 'doctor/no-handshake', 'doctor/old-handshake'],
    judge: handshakes,
    detail: ({ peers }) => `${peers.all.filter(isAlive).length} of ${counted(peers)} alive`,
  }),
  check({
    id: 'tunnel',
    group: 'peers',
    fine: 'whoever shakes hands also answers through the tunnel',
    needs: ['peers'],
    codes: ['doctor/silent-tunnel'],
    judge: ({ peers }) =>
      peers.all
        .filter((peer) => isAlive(peer) && peer.answers === false)
        .map(({ name, interface: device }) =>
          found('doctor/silent-tunnel', { peer: name, interface: device }, { severity: 'warning' }),
        ),
  }),
  check({
    id: 'mtu',
    group: 'peers',
    fine: "packets of the tunnel's full size reach each peer that answers",
    needs: ['peers'],
    codes: ['doctor/mtu-hole', 'doctor/narrow-path'],
    judge: ({ peers }) => holes(peers),
    detail: ({ peers }) => {
      const sizes = [...new Set(peers.all.map(({ tunnelMtu }) => tunnelMtu))];
      return sizes.length === 0 ? '' : `${sizes.sort((a, b) => a - b).join(', ')} bytes`;
    },
  }),
];
