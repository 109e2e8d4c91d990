import type { Shown } from '#agent';
import { columns } from '#lab';
import { fromNow } from '../times.ts';

type Peer = Shown['peers'][number];

const handshakeOf = ({ handshake }: Peer): string =>
  handshake === undefined ? 'never' : fromNow(new Date(handshake * 1000).toISOString());

const rowOf = (peer: Peer): readonly string[] => [
  peer.name,
  peer.prefixes.join(', ') || '-',
  peer.endpoint ?? '-',
  handshakeOf(peer),
];

/** What a machine got of a network, for people. */
export function describeShown({ network, machine, addresses, peers }: Shown): string {
  const head = `${machine} in ${network}: ${addresses.join(', ') || 'no address'}`;
  if (peers.length === 0) return `${head}\nno peers yet`;
  return `${head}\n${columns([['peer', 'carries', 'endpoint', 'handshake'], ...peers.map(rowOf)])}`;
}
