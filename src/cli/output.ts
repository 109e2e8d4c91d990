import { styleText } from 'node:util';
import type { Paint } from '#lab';

/** One JSON document on stdout, for programs. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};

/** What a terminal obeys or reads backwards, but for the styles of `paint`, lines and tabs. */
const obeyed = /\u001b\[(?:[012]|22|3[12369])m|[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text for people, whatever others have put into it: what machines and other operators say of themselves
 * moves no cursor, hides no line and gives the terminal no orders.
 */
export const harmless = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(obeyed, (found) => (found.length > 1 ? found : '\ufffd'));

export const print = (text: string): void => printDrawing(harmless(text));

/** As it is: of our own making. */
export const printDrawing = (text: string): void => {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

/** Besides the result, for people. */
export const tell = (text: string): void => {
  process.stderr.write(`${harmless(text)}\n`);
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
