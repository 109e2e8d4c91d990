import { expect, test } from 'vitest';
import { JsonText } from '#server';
import { parsePieces } from '../../web/data/pieces.ts';
import { crowd } from './crowd.ts';

const { tunnels } = crowd('net');

/** As the server writes it. */
const written = ({ tunnels: list, ...rest }: typeof tunnels): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(
    JsonText.listing<typeof tunnels>(
      rest,
      'tunnels',
      list.map((one) => JSON.stringify(one)),
    ).text,
  );

/** Bytes as a network brings them, so many at a time. */
const arriving = (bytes: Uint8Array<ArrayBuffer>, size: number): ReadableStream<Uint8Array> =>
  new Blob([bytes]).stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(part, controller) {
        for (let at = 0; at < part.length; at += size)
          controller.enqueue(part.subarray(at, at + size));
      },
    }),
  );

const little = (count: number): typeof tunnels => ({
  ...tunnels,
  tunnels: tunnels.tunnels.slice(0, count).map((one) => ({ ...one, why: 'ä "][},\n{' })),
});

test.each([0, 1, 2, 30])(
  'a list of %i tunnels is what was sent, wherever it was cut',
  async (n) => {
    const sent = little(n);
    for (const size of [1, 7, 1000, 1_000_000]) {
      expect(await parsePieces(arriving(written(sent), size)), `by ${size}`).toEqual(sent);
    }
  },
);

test('an answer without a list, and one that is all in one line, are read as well', async () => {
  for (const sent of [{ network: 'net', monitors: [] }, { list: [1, 2] }, little(3)]) {
    const bytes = new TextEncoder().encode(JSON.stringify(sent));
    expect(await parsePieces(arriving(bytes, 50))).toEqual(sent);
  }
});

test('ten thousand tunnels are read in many turns, between which others have theirs', async () => {
  const bytes = written(tunnels);
  let turns = 0;
  const read = await parsePieces(arriving(bytes, bytes.length), async () => {
    turns++;
  });
  expect(read).toEqual(tunnels);
  expect(turns).toBeGreaterThan(2);
});

test('an answer that broke off is none', async () => {
  const bytes = written(little(30));
  await expect(parsePieces(arriving(bytes.subarray(0, -2), 1000))).rejects.toThrow(SyntaxError);
  const half = bytes.subarray(0, bytes.length / 2);
  await expect(parsePieces(arriving(half, 1000))).rejects.toThrow(SyntaxError);
});
