import { Address } from '#ip';

/** That an address is at a MAC address; `from`: who sends the frame. */
export interface Said {
  readonly address: string;
  readonly mac: string;
  readonly from: string;
}

const bytesOf = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [n, value] of values.entries()) bytes.writeUInt16BE(value, n * 2);
  return bytes;
};

/** An Ethernet frame to all, as hexadecimal digits. */
export function frameOf(said: Said): string {
  const address = Address.parse(said.address);
  const frame = address.family === 4 ? arp(said, address) : advertisement(said, address);
  return frame.toString('hex');
}

const octets = (address: Address): Buffer =>
  Buffer.from(address.value.toString(16).padStart(address.family === 4 ? 8 : 32, '0'), 'hex');

/** An announcement (RFC 5227, 3): a request in which sender and target are the same. */
function arp({ mac, from }: Said, address: Address): Buffer {
  const ip = octets(address);
  return Buffer.concat([
    Buffer.alloc(6, 0xff),
    bytesOf(from),
    words(0x0806, 1, 0x0800, 0x0604, 1),
    bytesOf(mac),
    ip,
    Buffer.alloc(6),
    ip,
  ]);
}

const allNodes = Buffer.from('ff020000000000000000000000000001', 'hex');
const icmp6 = 58;

/** An unsolicited neighbour advertisement that overrides (RFC 4861, 4.4 and 7.2.6). */
function advertisement({ mac, from }: Said, address: Address): Buffer {
  const ip = octets(address);
  const body = (sum: number): Buffer =>
    Buffer.concat([
      words(0x8800, sum, 0x2000, 0),
      ip,
      // The target's MAC address (4.6.1), of one unit of 8 bytes.
      words(0x0201),
      bytesOf(mac),
    ]);
  const { length } = body(0);
  const pseudo = Buffer.concat([ip, allNodes, words(0, length, 0, icmp6), body(0)]);
  return Buffer.concat([
    Buffer.from('333300000001', 'hex'),
    bytesOf(from),
    words(0x86dd, 0x6000, 0, length, (icmp6 << 8) | 255),
    ip,
    allNodes,
    body(checksum(pseudo)),
  ]);
}

/** The Internet checksum (RFC 1071) of an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let n = 0; n < bytes.length; n += 2) sum += bytes.readUInt16BE(n);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
