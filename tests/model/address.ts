/**
 * Addresses as the model sees them: a family and a number. Deliberately not `#ip`, so that a fault
 * there cannot hide one in what the model judges.
 */
export type Family = 4 | 6;

export interface Num {
  readonly family: Family;
  readonly value: bigint;
}

/** A prefix, or any range: first and last address, both included. */
export interface Span {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  /** Prefix length in bits; -1 for a range that was not written as a prefix. */
  readonly length: number;
}

const cached = <T>(parse: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const old = known.get(text);
    if (old !== undefined) return old;
    const fresh = parse(text);
    known.set(text, fresh);
    return fresh;
  };
};

const parse4 = (text: string): bigint => {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) {
    throw new Error(`model: not an IPv4 address: ${text}`);
  }
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
};

const groups = (text: string): bigint[] =>
  text === '' ? [] : text.split(':').map((g) => BigInt(`0x${g}`));

const parse6 = (text: string): bigint => {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: zeros }, () => 0n), ...right];
  if (all.length !== 8) throw new Error(`model: not an IPv6 address: ${text}`);
  return all.reduce((sum, group) => (sum << 16n) | group, 0n);
};

export const address = cached(
  (text): Num =>
    text.includes(':') ? { family: 6, value: parse6(text) } : { family: 4, value: parse4(text) },
);

export const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

const parsePrefix = (text: string): Span => {
  const [base = '', bits] = text.split('/');
  const { family, value } = address(base);
  const length = bits === undefined ? bitsOf(family) : Number(bits);
  const size = 1n << BigInt(bitsOf(family) - length);
  const first = (value / size) * size;
  return { family, first, last: first + size - 1n, length };
};

/** `10.0.0.0/8`, `10.0.0.1` or `10.0.0.1-10.0.0.9`. */
export const span = cached((text): Span => {
  const [from = '', to] = text.split('-');
  if (to === undefined) return parsePrefix(text);
  const first = address(from);
  return { family: first.family, first: first.value, last: address(to).value, length: -1 };
});

export const contains = (outer: string, inner: string): boolean => {
  const o = span(outer);
  const i = span(inner);
  return o.family === i.family && o.first <= i.first && i.last <= o.last;
};

export const overlaps = (a: string, b: string): boolean => {
  const x = span(a);
  const y = span(b);
  return x.family === y.family && x.first <= y.last && y.first <= x.last;
};

export const same = (a: string, b: string): boolean =>
  address(a).family === address(b).family && address(a).value === address(b).value;

export const familyOf = (text: string): Family => span(text).family;

/** How many leading bits two addresses share (RFC 6724 rule 8). */
export const commonBits = (a: string, b: string): number => {
  const x = address(a);
  const y = address(b);
  if (x.family !== y.family) return -1;
  const differ = x.value ^ y.value;
  return bitsOf(x.family) - (differ === 0n ? 0 : differ.toString(2).length);
};

/** `host:port` or `[v6]:port`, as its two halves. */
export const splitEndpoint = (endpoint: string): { host: string; port: number } => {
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(endpoint.slice(colon + 1)) };
};

/** Whether a text is an address and not a DNS name. */
export const isAddress = (text: string): boolean => /^[\d.]+$/.test(text) || text.includes(':');
