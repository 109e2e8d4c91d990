import { styleText } from 'node:util';

/** One JSON document on stdout, for programs. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

export const print = (text: string): void => {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

type Style = Parameters<typeof styleText>[0];

/** Colour on a terminal that wants it (NO_COLOR and FORCE_COLOR are heeded). */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout });

/** Columns padded to their widest cell; colour codes do not count. */
export function table(rows: readonly (readonly string[])[]): string {
  const bare = (cell: string): number => cell.replace(/\u001b\[[0-9;]*m/gu, '').length;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, bare(cell));
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - bare(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
