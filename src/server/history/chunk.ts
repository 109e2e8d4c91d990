import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { columns, type Point, type Points } from './points.ts';

/** Points of one chunk: an hour of short steps, a day of long ones. */
export const chunkLength = { 10: 360, 300: 288 } as const;
export type Step = keyof typeof chunkLength;

/** What a whole number stands for in each column: bytes, hundredths of a millisecond, thousandths, times. */
const scales = { there: 1, back: 1, rtt: 100, loss: 1000, handshakes: 1 } as const;

/**
 * A chunk as it is kept: column after column, of each point its value and one as a number of seven bits a byte, the low
 * ones first (LEB128), 0 where nothing is known; zstd (RFC 8878) in base64.
 */
export function packChunk(points: Points, step: Step, chunk: number): string {
  const first = chunk * chunkLength[step];
  const bytes: number[] = [];
  for (const column of columns) {
    for (let index = 0; index < chunkLength[step]; index++) {
      const value = points.get(first + index)?.[column];
      writeNumber(bytes, value === undefined ? 0 : Math.round(value * scales[column]) + 1);
    }
  }
  return zstdCompressSync(Buffer.from(bytes)).toString('base64');
}

export function unpackChunk(text: string, step: Step, chunk: number): Map<number, Point> {
  const bytes = zstdDecompressSync(Buffer.from(text, 'base64'));
  const length = chunkLength[step];
  const first = chunk * length;
  const points = new Map<number, { -readonly [K in keyof Point]: Point[K] }>();
  let at = 0;
  for (const column of columns) {
    for (let index = 0; index < length; index++) {
      let [value, unit] = [0, 1];
      for (let byte = 128; byte >= 128; unit *= 128) {
        byte = bytes[at++] ?? 0;
        value += (byte & 127) * unit;
      }
      if (value === 0) continue;
      const point = points.get(first + index) ?? {};
      points.set(first + index, point);
      point[column] = (value - 1) / scales[column];
    }
  }
  return points;
}

/** Larger ones than 32 bits, too. */
function writeNumber(bytes: number[], number: number): void {
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
