import type { Family } from './family.ts';

const hosts4 = Array.from({ length: 33 }, (_, length) => 2 ** (32 - length) - 1);
const hosts6 = Array.from({ length: 129 }, (_, length) => (1n << BigInt(128 - length)) - 1n);

/** A number whose bits beyond the prefix length are ones and all others zero. */
export function hostBits(family: 4, length: number): number;
export function hostBits(family: 6, length: number): bigint;
export function hostBits(family: Family, length: number): number | bigint {
  return (family === 4 ? hosts4[length] : hosts6[length]) as number | bigint;
}

/** The prefix length from `start` to the end of the text: 0 to 128 without leading zeros, or -1. */
export function readLength(text: string, start: number): number {
  const digits = text.length - start;
  if (digits < 1 || digits > 3) return -1;
  if (digits > 1 && text.charCodeAt(start) === 48) return -1;
  let length = 0;
  for (let at = start; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length <= 128 ? length : -1;
}
