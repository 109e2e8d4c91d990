/** A part of a bundle: a text, and where it comes from. */
export interface Item {
  /** Its file in the bundle. */
  readonly path: string;
  /** The command or the file, for people. */
  readonly from: string;
  /** Which end matters where it is too long. */
  readonly keep: 'head' | 'tail';
  readonly read: () => Promise<string> | string;
}

/** What is not in the bundle, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** Bytes of one file and of all; a bundle has to fit into a mail. */
const mostOfOne = 512 << 10;
const mostOfAll = 8 << 20;

export interface Limits {
  readonly one: number;
  readonly all: number;
}

export const limits: Limits = { one: mostOfOne, all: mostOfAll };

/** The end of a text that matters, in whole lines, with a word about the rest. */
export function shortened(text: string, keep: Item['keep'], most: number): string {
  if (text.length <= most) return text;
  const note = `[... ${text.length} characters, of which this is the ${keep === 'head' ? 'beginning' : 'end'}]`;
  if (keep === 'head') {
    const end = text.lastIndexOf('\n', most);
    return `${text.slice(0, end > 0 ? end : most)}\n${note}\n`;
  }
  const from = text.length - most;
  const start = text.indexOf('\n', from);
  return `${note}\n${text.slice(start < 0 ? from : start + 1)}`;
}
