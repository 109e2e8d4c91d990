import { formatEndpoint } from '#ip';
import type { WireguardConfig, WireguardInterface, WireguardPeer } from './config.ts';
import { wireguardErrors } from './errors.ts';

/** One line; a value that would end it early or start another must not pass. */
function setting(name: string, value: string | number): string {
  const text = String(value);
  if (/[\n\r#]/.test(text)) throw wireguardErrors.error('wireguard/unwritable', { name });
  return `${name} = ${text}`;
}

const comments = (text: string | undefined): readonly string[] =>
  text === undefined ? [] : text.split(/[\n\r]+/).map((line) => `# ${line}`.trimEnd());

const offOr = (value: number, text: string): string => (value === 0 ? 'off' : text);

const list = (name: string, values: readonly { toString(): string }[]): readonly string[] =>
  values.length === 0 ? [] : [setting(name, values.join(', '))];

const one = (name: string, value: string | number | undefined): readonly string[] =>
  value === undefined ? [] : [setting(name, value)];

const each = (name: string, values: readonly string[]): readonly string[] =>
  values.map((value) => setting(name, value));

function formatInterface(own: WireguardInterface): string {
  const { fwmark } = own;
  return [
    '[Interface]',
    ...comments(own.comment),
    ...one('PrivateKey', own.privateKey?.reveal()),
    ...one('ListenPort', own.listenPort),
    ...one('FwMark', fwmark === undefined ? undefined : offOr(fwmark, `0x${fwmark.toString(16)}`)),
    ...list(
      'Address',
      own.address.map(({ address, length }) => `${address}/${length}`),
    ),
    ...list('DNS', own.dns),
    ...one('MTU', own.mtu),
    ...one('Table', own.table),
    ...each('PreUp', own.preUp),
    ...each('PostUp', own.postUp),
    ...each('PreDown', own.preDown),
    ...each('PostDown', own.postDown),
    ...one('SaveConfig', own.saveConfig?.toString()),
    '',
  ].join('\n');
}

/**
 * One `[Peer]` section. For `wg addconf`: the allowed IPs are replaced whole (none given: none), an
 * absent endpoint, preshared key or keepalive stays as it is, a keepalive of 0 and the all-zero
 * preshared key clear.
 * @throws wireguard/unwritable
 */
export function formatPeer(peer: WireguardPeer): string {
  const { keepalive } = peer;
  return [
    '[Peer]',
    ...comments(peer.comment),
    setting('PublicKey', peer.publicKey),
    ...one('PresharedKey', peer.presharedKey?.reveal()),
    ...list('AllowedIPs', peer.allowedIps),
    ...one('Endpoint', peer.endpoint && formatEndpoint(peer.endpoint)),
    ...one(
      'PersistentKeepalive',
      keepalive === undefined ? undefined : offOr(keepalive, String(keepalive)),
    ),
    '',
  ].join('\n');
}

/**
 * A configuration as wg-quick(8) reads it; as wg(8) reads it where it has none of wg-quick's
 * settings. Ends with a line feed.
 * @throws wireguard/unwritable
 */
export const formatConfig = (config: WireguardConfig): string =>
  [formatInterface(config.interface), ...config.peers.map(formatPeer)].join('\n');
