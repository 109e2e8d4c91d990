import type { PeerItem } from '#state';
import { zeroKey } from '#wireguard';
import type { Wish } from '../contract.ts';
import { hostErrors } from '../errors.ts';

/** A peer to write, and what it was. */
export interface PeerWrite {
  readonly item: PeerItem;
  readonly before: PeerItem | undefined;
}

function presharedKey({ item, before }: PeerWrite, secret: Wish['secret']): string | undefined {
  if (item.presharedKey === undefined) return before?.presharedKey && zeroKey;
  const value = secret(item.presharedKey);
  if (!value) throw hostErrors.error('host/no-secret', { secret: item.presharedKey });
  return value.reveal();
}

/**
 * One `[Peer]` section for `wg addconf`: the allowed IPs whole, since a section without them clears
 * them; whatever else is left out stays, so that a healthy peer keeps the endpoint it roamed to.
 * @throws host/no-secret
 */
export function peerSection(write: PeerWrite, secret: Wish['secret']): string {
  const { item, before } = write;
  const key = presharedKey(write, secret);
  const lines = ['[Peer]', `PublicKey = ${item.publicKey}`];
  if (key !== undefined) lines.push(`PresharedKey = ${key}`);
  lines.push(`AllowedIPs = ${item.allowedIps.join(', ')}`);
  if (item.endpoint !== undefined && item.endpoint !== before?.endpoint) {
    lines.push(`Endpoint = ${item.endpoint}`);
  }
  if (item.keepalive !== (before?.keepalive ?? 0)) {
    lines.push(`PersistentKeepalive = ${item.keepalive === 0 ? 'off' : item.keepalive}`);
  }
  return `${lines.join('\n')}\n`;
}
