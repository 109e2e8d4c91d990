import { styleText } from 'node:util';
import type { Paint } from '#lab';

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

/** The colours of proofs and matrices. */
export const colours: Paint = {
  good: (text) => paint('green', text),
  bad: (text) => paint(['red', 'bold'], text),
  dim: (text) => paint('dim', text),
  head: (text) => paint('bold', text),
};
