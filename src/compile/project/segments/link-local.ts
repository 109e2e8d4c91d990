import { Address } from '#ip';

/** The address that an interface gives itself (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const [first = 0, ...rest] = mac.split(':').map((text) => Number.parseInt(text, 16));
  const id = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const value = id.reduce((all, byte) => (all << 8n) | BigInt(byte), 0xfe80_0000_0000_0000n);
  return String(Address.of(6, value));
}
