import { formatV4, readV4 } from './v4.ts';

const colon = 58;

const isColon = (text: string, at: number, end: number): boolean =>
  at < end && text.charCodeAt(at) === colon;

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** The 16 bits of one to four hexadecimal digits in `text[start, end)`, or -1. */
function readGroup(text: string, start: number, end: number): number {
  if (end === start || end - start > 4) return -1;
  let group = 0;
  for (let at = start; at < end; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) return -1;
    group = group * 16 + digit;
  }
  return group;
}

function endOfGroup(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charCodeAt(at) !== colon) at++;
  return at;
}

/** Appends the group, or the two of an embedded IPv4 address, in `text[start, stop)`; false if none. */
function pushGroup(
  groups: number[],
  text: string,
  start: number,
  stop: number,
  isLast: boolean,
): boolean {
  const group = readGroup(text, start, stop);
  if (group >= 0) {
    groups.push(group);
    return true;
  }
  const embedded = isLast ? readV4(text, start, stop) : -1;
  if (embedded < 0) return false;
  groups.push(embedded >>> 16, embedded & 0xffff);
  return true;
}

/** The eight groups: `gap` is the index at which "::" stood, or -1. */
function join(groups: readonly number[], gap: number): bigint | undefined {
  const missing = 8 - groups.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined;
  const all = gap < 0 ? groups : groups.toSpliced(gap, 0, ...Array<number>(missing).fill(0));
  const word = (index: number) =>
    BigInt((all[index] as number) * 0x10000 + (all[index + 1] as number));
  return (word(0) << 96n) | (word(2) << 64n) | (word(4) << 32n) | word(6);
}

/**
 * The number of the IPv6 address in `text[start, end)` in any form of RFC 4291 section 2.2 (upper
 * case, leading zeros in groups, "::", embedded IPv4), or undefined.
 */
export function readV6(text: string, start: number, end: number): bigint | undefined {
  const groups: number[] = [];
  let gap = -1;
  let at = start;
  if (isColon(text, at, end) && isColon(text, at + 1, end)) {
    gap = 0;
    at += 2;
  }
  while (at < end) {
    const stop = endOfGroup(text, at, end);
    if (groups.length >= 8 || !pushGroup(groups, text, at, stop, stop === end)) return undefined;
    if (stop === end) break;
    at = stop + 1;
    if (isColon(text, at, end)) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      at++;
    } else if (at === end) return undefined;
  }
  return join(groups, gap);
}

const groupsOf = (value: bigint): number[] => {
  const groups: number[] = [];
  for (let shift = 96n; shift >= 0n; shift -= 32n) {
    const word = Number(BigInt.asUintN(32, value >> shift));
    groups.push(word >>> 16, word & 0xffff);
  }
  return groups;
};

/** The first longest run of at least two zero groups (RFC 5952 section 4.2). */
function longestZeros(groups: readonly number[]): { start: number; count: number } | undefined {
  let best = { start: 0, count: 1 };
  let count = 0;
  groups.forEach((group, index) => {
    count = group === 0 ? count + 1 : 0;
    if (count > best.count) best = { start: index - count + 1, count };
  });
  return best.count > 1 ? best : undefined;
}

const hex = (groups: readonly number[]): string =>
  groups.map((group) => group.toString(16)).join(':');

/**
 * RFC 5952 text. IPv4-mapped addresses (::ffff:0:0/96) are written with the dotted quad, as its
 * section 5 recommends.
 */
export function formatV6(value: bigint): string {
  if (value >> 32n === 0xffffn) return `::ffff:${formatV4(Number(BigInt.asUintN(32, value)))}`;
  const groups = groupsOf(value);
  const zeros = longestZeros(groups);
  if (!zeros) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.count))}`;
}
