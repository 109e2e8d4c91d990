import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What agent and server of each release say on the channel, one JSON document a line: the steps of a
 * story (`story.ts`), and the frames that follow each in the order in which they came. Made by
 * `scripts/keep-channel.ts`; what was released never changes.
 */
export const recordedFolder = join(import.meta.dirname, 'releases');

export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Frame {
  /** From 1 on, in the order in which the agent opened them. */
  readonly connection: number;
  readonly from: 'agent' | 'server';
  readonly message: Message;
}

export interface Step {
  readonly step: string;
}

export type Line = Frame | Step;

interface Recording {
  /** Of the programs that said it. */
  readonly version: string;
  readonly lines: readonly Line[];
}

/** Releases by their numbers; 0.10.0 comes after 0.9.0. */
const order = new Intl.Collator('en', { numeric: true });

/** The recordings that are kept, oldest first. */
export const recordings = (): readonly Recording[] =>
  readdirSync(recordedFolder)
    .toSorted(order.compare)
    .map((name) => {
      const text = readFileSync(join(recordedFolder, name), 'utf8').trimEnd();
      const lines = text.split('\n').map((line) => JSON.parse(line) as Line);
      return { version: name.replace(/\.jsonl$/, ''), lines };
    });

export const isFrame = (line: Line): line is Frame => 'message' in line;

/** How a state is named in a message. */
export interface StateName {
  readonly epoch: string;
  readonly rev: number;
  readonly hash: string;
}

export const namesState = (value: unknown): value is StateName =>
  typeof value === 'object' && value !== null && 'hash' in value && 'rev' in value;

/** What a newer program may say: more than this one knows, and of things that this one does not know. */
const asNewer = (message: object): readonly object[] => [
  { type: 'weather', mood: 'fine' },
  { ...message, weather: { mood: 'fine' } },
];

/** Every recording as it is, and the newest as a release after it may say the same. */
export const retold = (): readonly {
  readonly told: string;
  readonly lines: readonly Line[];
  readonly say: (message: object) => readonly object[];
}[] => {
  const all = recordings();
  const newest = all.at(-1)?.lines ?? [];
  return [
    ...all.map(({ version, lines }) => ({ told: version, lines, say: (one: object) => [one] })),
    { told: 'the next release', lines: newest, say: asNewer },
  ];
};
