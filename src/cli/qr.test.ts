import { create } from 'qrcode';
import { expect, test } from 'vitest';
import { qrCode } from './qr.ts';

/** The modules of a code drawn with half blocks, row by row, without the empty margin. */
function modulesOf(drawing: string): readonly string[] {
  const rows = drawing.split('\n').flatMap((line) => {
    const half = (dark: RegExp): string => line.replace(dark, '#').replace(/[^#]/g, ' ');
    return [half(/[█▀]/g), half(/[█▄]/g)];
  });
  return rows.map((row) => row.trim()).filter((row) => row !== '');
}

test('what the terminal shows is the code of the text, module for module', async () => {
  const text = '[Interface]\nAddress = 10.0.0.5/32\n';
  const drawn = modulesOf(await qrCode(text));
  const { size, data } = create(text, { errorCorrectionLevel: 'L' }).modules;
  const wanted = Array.from({ length: size }, (_, row) =>
    Array.from(data.slice(row * size, (row + 1) * size), (bit) => (bit ? '#' : ' '))
      .join('')
      .trim(),
  );
  expect(drawn).toEqual(wanted);
});

test('2,953 bytes fit, one more does not', async () => {
  await expect(qrCode('a'.repeat(2953))).resolves.not.toBe('');
  await expect(qrCode('a'.repeat(2954))).rejects.toThrow('too big');
});
