import type { Change, DeviceAddress, EditOf, LinkItem, PeerItem, TunnelItem } from '#state';

/** What the network's file has to say so that a tunnel stays as it is, for each kind of difference. */

const hostOf = (address: string): string => address.slice(0, address.indexOf('/'));

const isSingle = (prefix: string): boolean => /\/(?:32|128)$/.test(prefix);

const listed = (texts: readonly string[]): string =>
  texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;

const quoted = (text: string): string => (text.includes(':') ? JSON.stringify(text) : text);

/** A name for want of a better one, as an import gives it. */
const nameOf = (address: string | undefined): string =>
  address === undefined ? 'NAME' : `peer-${address.replaceAll(/[.:]+/g, '-')}`;

/** A peer that nobody named, as a member of the file. */
function memberLine({ publicKey, allowedIps }: PeerItem): string {
  const own = allowedIps.filter(isSingle).map(hostOf);
  const overlay = own.length === 0 ? '' : `overlay: ${listed(own.map(quoted))}, `;
  return `members: { ${nameOf(own[0])}: { managed: false, ${overlay}key: "${publicKey}" } }`;
}

const tunnelLine = (before: TunnelItem, after: TunnelItem): string =>
  before.listenPort === after.listenPort
    ? 'Take out what sets the mark (FwMark, a default route) and bring the interface up again'
    : `Write \`port: ${before.listenPort}\` at this machine`;

function peerLine(before: PeerItem, after: PeerItem): string {
  if (before.presharedKey !== after.presharedKey) {
    return 'Join again with --adopt: that tells the network which tunnels have a preshared key';
  }
  if (before.keepalive !== after.keepalive) {
    return `Write \`keepalive: ${before.keepalive}\` at this machine`;
  }
  return `Say in the file what lies behind it: \`overlay:\`, \`subnets:\` or \`allowed_ips:\``;
}

/** WireGuard's headers over IPv6, bytes. */
const overhead = 80;

const ofFacility = {
  tunnels: (change: EditOf<'tunnels'>) => {
    const { before, after } = change as { before: TunnelItem; after: TunnelItem };
    return tunnelLine(before, after);
  },
  peers: (change: EditOf<'peers'>) =>
    change.kind === 'change'
      ? peerLine(change.before, change.after)
      : `Write it into the file: \`${memberLine((change as { before: PeerItem }).before)}\``,
  addresses: (change: EditOf<'addresses'>) => {
    const { address } = (change as { before: DeviceAddress }).before;
    return `Write \`overlay: ${quoted(hostOf(address))}\` at this machine`;
  },
  links: (change: EditOf<'links'>) => {
    const { mtu } = (change as { before: LinkItem }).before;
    return `If the network below takes so much, write \`mtu: ${mtu + overhead}\` at this machine`;
  },
};

/** One sentence, without its end. */
export function lineFor(change: Change): string {
  if (change.kind === 'move') return 'Give each prefix in the file to the machine that has it';
  switch (change.facility) {
    case 'tunnels':
      return ofFacility.tunnels(change);
    case 'peers':
      return ofFacility.peers(change);
    case 'addresses':
      return ofFacility.addresses(change);
    case 'links':
      return ofFacility.links(change);
    default:
      return 'Say it in the file';
  }
}
