import { styleText } from 'node:util';

/**
 * A text as a QR code for the terminal, two modules a character, with the lowest error correction so
 * that long configurations still fit. On a terminal it is black on white whatever the terminal's own
 * colours are: many cameras do not read an inverted code. The library is loaded only when a code is
 * drawn.
 */
export async function qrCode(text: string): Promise<string> {
  const { default: QrCode } = await import('qrcode');
  const drawing = await QrCode.toString(text, {
    type: 'utf8',
    errorCorrectionLevel: 'L',
    margin: 2,
  });
  const lines = drawing.trimEnd().split('\n');
  const width = Math.max(...lines.map((line) => line.length));
  return lines.map((line) => styleText(['black', 'bgWhiteBright'], line.padEnd(width))).join('\n');
}
