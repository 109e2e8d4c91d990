import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Characters; below it compressing costs more than writing. */
const long = 20_000;
/** Begins what is compressed; JSON never begins so. */
const mark = 'z';

declare const content: unique symbol;

/**
 * A value as the text that is kept: JSON, and where that is long, its Zstandard form (RFC 8878) in
 * base64. Each revision holds the whole file, and each machine that joins makes a revision.
 */
export type Packed<T> = string & { readonly [content]?: T };

/** What is packed already stays as it is. */
export function pack<T extends object>(value: T | Packed<T>): Packed<T> {
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value);
  if (text.length < long) return text;
  return `${mark}${zstdCompressSync(text).toString('base64')}`;
}

export function unpack<T>(text: Packed<T>): T {
  if (!text.startsWith(mark)) return JSON.parse(text) as T;
  const packed = Buffer.from(text.slice(mark.length), 'base64');
  return JSON.parse(zstdDecompressSync(packed).toString()) as T;
}
