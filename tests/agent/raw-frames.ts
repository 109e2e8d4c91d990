import { Address } from '#ip';

/** Frames as they are on a cable, in hexadecimal. */
export type Hex = string;

export const hex = (mac: string): Hex => mac.replaceAll(':', '');
export const word = (value: number): Hex => value.toString(16).padStart(4, '0');
const byte = (value: number): Hex => value.toString(16).padStart(2, '0');

export const bytes = (text: string): Hex => {
  const { family, value } = Address.parse(text);
  return value.toString(16).padStart(family === 4 ? 8 : 32, '0');
};

export const ethernet = (to: string, from: string, type: Hex, payload: Hex): Hex =>
  `${hex(to)}${hex(from)}${type}${payload}`;

/** Ones' complement sum of the words of a header (RFC 1071). */
function checksum(header: Hex): Hex {
  const words = header.match(/.{4}/g) ?? [];
  const sum = words.reduce((all, one) => all + Number.parseInt(one, 16), 0);
  return word(~((sum & 0xffff) + (sum >> 16)) & 0xffff);
}

export const udp = (from: number, to: number): Hex => `${word(from)}${word(to)}${word(8)}0000`;

export interface Ipv4Init {
  /** As its protocol's number; UDP unless said. */
  readonly protocol?: number;
  /** Flags and the offset in units of eight bytes. */
  readonly fragment?: number;
  /** A multiple of four bytes. */
  readonly options?: Hex;
}

export function ipv4(
  from: string,
  to: string,
  payload: Hex,
  { protocol = 17, fragment = 0, options = '' }: Ipv4Init = {},
): Hex {
  const length = 20 + options.length / 2;
  const [start, end] = [
    `4${(length / 4).toString(16)}00${word(length + payload.length / 2)}0007${word(fragment)}40${byte(protocol)}`,
    bytes(from) + bytes(to) + options,
  ];
  return `${start}${checksum(`${start}0000${end}`)}${end}${payload}`;
}

/** What comes behind the header, the first of it by its number. */
export const ipv6 = (from: string, to: string, next: number, payload: Hex): Hex =>
  `60000000${word(payload.length / 2)}${byte(next)}ff${bytes(from)}${bytes(to)}${payload}`;

export const icmpv6 = (from: string, to: string, message: Hex): Hex => ipv6(from, to, 58, message);

/** A header of extension that says nothing: hop-by-hop options (0) or destination options (60). */
export const padding = (next: number): Hex => `${byte(next)}00010400000000`;

/** The header of a part (RFC 8200, 4.5): offset in units of eight bytes, and whether more follow. */
export const fragment = (next: number, offset: number, more: boolean): Hex =>
  `${byte(next)}00${word((offset << 3) | (more ? 1 : 0))}00000007`;

/** The option that says a MAC address: that of who asks, or of who answers (RFC 4861, 4.6.1). */
export const source = (mac: string): Hex => `0101${hex(mac)}`;
export const target = (mac: string): Hex => `0201${hex(mac)}`;
/** What tells one's own question from another's (RFC 7527). */
export const nonce: Hex = '0e01112233445566';

/** Messages of neighbour discovery (RFC 4861, 4). */
export const solicits = (of: string, option = ''): Hex => `8700000000000000${bytes(of)}${option}`;
export const answers = (of: string, option = ''): Hex => `8800000060000000${bytes(of)}${option}`;
export const asksRouter = (option = ''): Hex => `8500000000000000${option}`;
export const advertises: Hex = `86000000${'0'.repeat(24)}`;
export const redirects = (by: string, to: string): Hex =>
  `8900000000000000${bytes(by)}${bytes(to)}`;

/** Sends frames, given in lines, by a device (packet(7)): neither iproute2 nor Node has such a socket. */
export const sender = `my $device = shift; my @lines = <STDIN>; socket(my $out, 17, 3, 0) or exit 1;
for (@lines) { chomp; my $frame = pack 'H*', $_;
my $to = pack 'S a2 l S C C a8', 17, substr($frame, 12, 2), $device, 0, 0, 6, '';
send $out, $frame, 0, $to or exit 2; }`;

/** Says every frame that comes in, a line each; a tag (802.1Q) is no part of it any more. */
export const hearer = `$| = 1; socket(my $in, 17, 3, 768) or exit 1; print "listening\n";
while (my $from = recv $in, my $frame, 4096, 0) { print unpack('H*', $frame), "\n" if unpack('x10 C', $from) != 4; }`;
