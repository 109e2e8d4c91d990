import fc from 'fast-check';
import { Secret } from '#base';
import { Address, Prefix, parseEndpoint } from '#ip';
import type { WireguardConfig, WireguardPeer } from '#wireguard';

/** Random configurations, for property tests. */
const quickSettings = { address: [], dns: [], preUp: [], postUp: [], preDown: [], postDown: [] };

export const anyKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const ipv4 = fc.nat(0xffffffff).map((value) => Address.of(4, value));
const ipv6 = fc
  .bigInt(0n, (1n << 96n) - 1n)
  .map((low) => Address.of(6, (0x20010db8n << 96n) | low));
const prefix = fc.oneof(
  fc.tuple(ipv4, fc.nat(32)).map(([address, length]) => Prefix.of(address, length)),
  fc.tuple(ipv6, fc.nat(128)).map(([address, length]) => Prefix.of(address, length)),
);
const port = fc.integer({ min: 1, max: 65535 });
const endpoint = fc.oneof(
  fc.tuple(ipv4, port).map(([address, number]) => parseEndpoint(`${address}:${number}`)),
  fc.tuple(ipv6, port).map(([address, number]) => parseEndpoint(`[${address}]:${number}`)),
);
const peer: fc.Arbitrary<WireguardPeer> = fc.record(
  {
    publicKey: anyKey,
    allowedIps: fc.uniqueArray(prefix, { selector: String, maxLength: 6 }),
    presharedKey: anyKey.map((text) => new Secret(text)),
    endpoint,
    keepalive: fc.integer({ min: 0, max: 65535 }),
  },
  { requiredKeys: ['publicKey', 'allowedIps'] },
);

/** A prefix belongs to one peer: what a later one also has, the earlier one loses. */
function disjoint(peers: readonly WireguardPeer[]): readonly WireguardPeer[] {
  const taken = new Set<string>();
  return peers.map((one) => {
    const allowedIps = one.allowedIps.filter((ip) => !taken.has(String(ip)));
    for (const ip of allowedIps) taken.add(String(ip));
    return { ...one, allowedIps };
  });
}

/** Of what wg(8) takes; endpoints are addresses, since names would be looked up. */
export const anyConfig: fc.Arbitrary<WireguardConfig> = fc.record({
  interface: fc
    .record(
      { privateKey: anyKey, listenPort: port, fwmark: fc.nat(0xffffffff) },
      { requiredKeys: ['listenPort'] },
    )
    .map(({ privateKey, ...rest }) => ({
      ...quickSettings,
      ...rest,
      ...(privateKey !== undefined && { privateKey: new Secret(privateKey) }),
    })),
  peers: fc.uniqueArray(peer, { selector: (one) => one.publicKey, maxLength: 8 }).map(disjoint),
});
