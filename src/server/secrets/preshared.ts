import { hkdfSync } from 'node:crypto';
import { Secret } from '#base';
import { type HostState, isAdoptedKey, type Peer, type Tunnel } from '#state';

/**
 * The values of the preshared keys that a state refers to, by `id@version`. Each is made from the
 * network's secret of that version and the two public keys (HKDF-SHA256, RFC 5869), so that both ends
 * are given the same, and no key of a pair is ever stored at the server. Without those that the state
 * `before` refers to, and those that were there before Hawser, which the two machines have.
 */
export function presharedKeys(
  state: HostState,
  secretOf: (version: number) => Secret,
  before?: HostState,
): ReadonlyMap<string, Secret> {
  const known = new Set(
    Object.values(before?.tunnels ?? {}).flatMap(({ peers }) =>
      Object.values(peers).map(referenceOf),
    ),
  );
  return new Map(
    Object.values(state.tunnels).flatMap((tunnel) =>
      Object.values(tunnel.peers)
        .filter((peer) => !known.has(referenceOf(peer)))
        .flatMap((peer) => keyOf(tunnel, peer, secretOf)),
    ),
  );
}

const referenceOf = ({ presharedKey }: Peer): string | undefined =>
  presharedKey && `${presharedKey.id}@${presharedKey.version}`;

function keyOf(
  { key: { publicKey } }: Tunnel,
  { publicKey: other, presharedKey }: Peer,
  secretOf: (version: number) => Secret,
): readonly [string, Secret][] {
  if (!presharedKey || isAdoptedKey(presharedKey) || publicKey === undefined) return [];
  const { id, version } = presharedKey;
  const info = `hawser preshared key 1\n${[publicKey, other].sort().join('\n')}\n`;
  const secret = Buffer.from(secretOf(version).reveal(), 'base64');
  const value = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32));
  return [[`${id}@${version}`, new Secret(value.toString('base64'))]];
}
