import { hkdfSync } from 'node:crypto';
import { Secret } from '#base';
import { type HostState, isAdoptedKey, type Peer, type SecretRef, type Tunnel } from '#state';

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
      Object.values(peers).flatMap(secretsOf).map(referenceOf),
    ),
  );
  return new Map(
    Object.values(state.tunnels).flatMap((tunnel) =>
      Object.values(tunnel.peers).flatMap((peer) =>
        secretsOf(peer)
          .filter((secret) => !known.has(referenceOf(secret)) && !isAdoptedKey(secret))
          .flatMap((secret) => valueOf(tunnel, peer, secret, secretOf)),
      ),
    ),
  );
}

/** The key that a pair has, and the one that is to follow. */
const secretsOf = ({ presharedKey, nextPresharedKey }: Peer): readonly SecretRef[] =>
  [presharedKey, nextPresharedKey].filter((secret) => secret !== undefined);

const referenceOf = ({ id, version }: SecretRef): string => `${id}@${version}`;

function valueOf(
  { key: { publicKey, replaces } }: Tunnel,
  { publicKey: other }: Peer,
  secret: SecretRef,
  secretOf: (version: number) => Secret,
): readonly [string, Secret][] {
  const own = publicKey ?? replaces;
  if (own === undefined) return [];
  const info = `hawser preshared key 1\n${[own, other].sort().join('\n')}\n`;
  const material = Buffer.from(secretOf(secret.version).reveal(), 'base64');
  const value = Buffer.from(hkdfSync('sha256', material, Buffer.alloc(0), info, 32));
  return [[referenceOf(secret), new Secret(value.toString('base64'))]];
}
