import { Secret } from '#base';
import { wireguardErrors } from './errors.ts';

/** A peer as the device has it. Texts are wg's own: addresses canonical, IPv6 endpoints in brackets. */
export interface PeerDump {
  readonly publicKey: string;
  readonly presharedKey?: Secret;
  readonly endpoint?: string;
  readonly allowedIps: readonly string[];
  /** Seconds since 1970; 0: never. */
  readonly latestHandshake: number;
  /** Bytes received and sent. */
  readonly rx: number;
  readonly tx: number;
  /** Seconds; 0: off. */
  readonly keepalive: number;
}

/** A device as it is. Its private key is read over and never kept. */
export interface DeviceDump {
  readonly name: string;
  /** Absent while the device has no private key. */
  readonly publicKey?: string;
  readonly listenPort: number;
  /** 0: off. */
  readonly fwmark: number;
  readonly peers: readonly PeerDump[];
}

interface OpenDevice extends DeviceDump {
  readonly peers: PeerDump[];
}

const none = '(none)';
const noIps: readonly string[] = Object.freeze([]);
const orZero = (text: string): number => (text === 'off' ? 0 : Number(text));

/** `fields` starts at `private-key`. */
function readDevice(name: string, fields: readonly string[]): OpenDevice {
  const [, publicKey = none, listenPort = '0', fwmark = 'off'] = fields;
  return {
    name,
    ...(publicKey !== none && { publicKey }),
    listenPort: Number(listenPort),
    fwmark: orZero(fwmark),
    peers: [],
  };
}

/** `at` is the index of `public-key`. */
function readPeer(fields: readonly string[], at: number): PeerDump {
  const field = (n: number): string => fields[at + n] as string;
  const preshared = field(1);
  const endpoint = field(2);
  const allowed = field(3);
  return {
    publicKey: field(0),
    ...(preshared !== none && { presharedKey: new Secret(preshared) }),
    ...(endpoint !== none && { endpoint }),
    allowedIps: allowed === none ? noIps : allowed.split(','),
    latestHandshake: Number(field(4)),
    rx: Number(field(5)),
    tx: Number(field(6)),
    keepalive: orZero(field(7)),
  };
}

/** A dump ends with a line feed; one that does not was cut off and says less than there is. */
function wholeLines(text: string): readonly string[] {
  const lines = text.split('\n');
  const rest = lines.pop();
  if (rest !== '') throw badDump(lines.length, rest?.split('\t').length ?? 0);
  return lines;
}

const badDump = (line: number, fields: number): Error =>
  wireguardErrors.error('wireguard/bad-dump', { line: line + 1, fields });

/**
 * The output of `wg show all dump`: five fields for a device, nine for a peer of the one above.
 * @throws wireguard/bad-dump
 */
export function parseDumpOfAll(text: string): readonly DeviceDump[] {
  const devices: OpenDevice[] = [];
  let device: OpenDevice | undefined;
  for (const [index, line] of wholeLines(text).entries()) {
    const fields = line.split('\t');
    if (fields.length === 9 && device && device.name === fields[0]) {
      device.peers.push(readPeer(fields, 1));
    } else if (fields.length === 5) {
      device = readDevice(fields[0] as string, fields.slice(1));
      devices.push(device);
    } else {
      throw badDump(index, fields.length);
    }
  }
  return devices;
}

/**
 * The output of `wg show IF dump`: four fields for the device, then eight for each peer.
 * @throws wireguard/bad-dump
 */
export function parseDumpOf(name: string, text: string): DeviceDump {
  const [first = '', ...lines] = wholeLines(text);
  const head = first.split('\t');
  if (head.length !== 4) throw badDump(0, head.length);
  const device = readDevice(name, head);
  for (const [index, line] of lines.entries()) {
    const fields = line.split('\t');
    if (fields.length !== 8) throw badDump(index + 1, fields.length);
    device.peers.push(readPeer(fields, 0));
  }
  return device;
}
