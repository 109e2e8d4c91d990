import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { whyNotKnown } from '../gather/not-known.ts';
import { within } from '../gather/within.ts';
import { type Anonymize, anonymizer, type Names } from './anonymize.ts';
import { type Item, type LeftOut, type Limits, limits, shortened } from './item.ts';
import { type Counts, redact, redactJson } from './redact.ts';
import { tarOf } from './tar.ts';

export interface BundleOptions {
  readonly items: readonly Item[];
  readonly leftOut: readonly LeftOut[];
  /** Public keys and pins, which are no secrets. */
  readonly publicKeys: ReadonlySet<string>;
  /** Names to be replaced; absent: all stay. */
  readonly names?: Names;
  /** The folder in the archive. */
  readonly folder: string;
  readonly now: Date;
  readonly progress?: (path: string, done: number, all: number) => void;
  readonly limits?: Limits;
}

export interface Part {
  readonly path: string;
  readonly from: string;
  readonly bytes: number;
  /** Of how many, where it was shortened. */
  readonly of?: number;
  readonly removed: Counts;
}

export interface Bundle {
  readonly archive: Buffer;
  readonly parts: readonly Part[];
  readonly leftOut: readonly LeftOut[];
}

/** ms that one part may take. */
const patience = 20_000;

type Read =
  | { readonly item: Item; readonly text: string }
  | { readonly item: Item; readonly why: string };

async function readItem(item: Item): Promise<Read> {
  try {
    const text = await within(patience, Promise.resolve().then(item.read), undefined);
    return text === undefined ? { item, why: 'it took too long' } : { item, text };
  } catch (error) {
    return { item, why: whyNotKnown(error) };
  }
}

interface Draft {
  readonly files: { name: string; content: Buffer }[];
  readonly parts: Part[];
  readonly leftOut: LeftOut[];
  total: number;
}

/** What may leave the machine: without secrets first, since those are known by their form. */
function clean(
  { path }: Item,
  text: string,
  publicKeys: ReadonlySet<string>,
  anonymize: Anonymize | undefined,
) {
  const { text: safe, counts } = (path.endsWith('.json') ? redactJson : redact)(text, publicKeys);
  return { text: anonymize ? anonymize(safe) : safe, counts };
}

function add(draft: Draft, read: Read, options: BundleOptions, anonymize?: Anonymize): void {
  const { item } = read;
  const { one, all } = options.limits ?? limits;
  const from = anonymize ? anonymize(item.from) : item.from;
  const path = anonymize ? anonymize(item.path) : item.path;
  if ('why' in read) {
    draft.leftOut.push({ what: from, why: anonymize ? anonymize(read.why) : read.why });
    return;
  }
  // A secret that a cut would split could not be told any more: cut what is clean.
  const { text: cleaned, counts } = clean(item, read.text, options.publicKeys, anonymize);
  const content = Buffer.from(shortened(cleaned, item.keep, one));
  if (draft.total + content.length > all) {
    draft.leftOut.push({ what: from, why: 'the bundle would be too large' });
    return;
  }
  draft.total += content.length;
  draft.files.push({ name: `${options.folder}/${path}`, content });
  const isShort = cleaned.length > one;
  draft.parts.push({
    path,
    from,
    bytes: content.length,
    ...(isShort && { of: cleaned.length }),
    removed: counts,
  });
}

/** Collects all that can be had, cleans it, and packs it with an index of what is in it and what is not. */
export async function makeBundle(options: BundleOptions): Promise<Bundle> {
  const { items, names, folder, now } = options;
  const anonymize = names && anonymizer(names, randomBytes(32));
  const leftOut = options.leftOut.map(({ what, why }) => ({
    what: anonymize ? anonymize(what) : what,
    why,
  }));
  const draft: Draft = { files: [], parts: [], leftOut: [...leftOut], total: 0 };
  let done = 0;
  const reads = await Promise.all(
    items.map(async (item) => {
      const read = await readItem(item);
      done++;
      options.progress?.(item.path, done, items.length);
      return read;
    }),
  );
  for (const read of reads) add(draft, read, options, anonymize);
  const index = Buffer.from(indexText(draft, now, anonymize !== undefined));
  const files = [{ name: `${folder}/index.txt`, content: index }, ...draft.files];
  const archive = gzipSync(tarOf(files, Math.floor(now.getTime() / 1000)));
  return { archive, parts: draft.parts, leftOut: draft.leftOut };
}

const removedText = (counts: Counts): string => {
  const all = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return all.length === 0 ? '' : `; left out: ${all.join(', ')}`;
};

/** For people, who are to see what they hand out. */
function indexText({ parts, leftOut }: Draft, now: Date, anonymous: boolean): string {
  const names = anonymous
    ? 'Names, addresses and public keys were replaced, equal ones by equal ones.'
    : 'Names, addresses and public keys are as they are (--anonymize replaces them).';
  return [
    `Made by \`hawser support\`, ${now.toISOString()}.`,
    'Private keys, preshared keys, tokens and passphrases were left out. Look through it before you hand it out.',
    names,
    '',
    'In it:',
    ...parts.map(({ path, from, bytes, of, removed }) => {
      const part = of === undefined ? '' : ` of ${of}`;
      return `  ${path}  (${from}): ${bytes}${part} bytes${removedText(removed)}`;
    }),
    '',
    'Not in it:',
    ...leftOut.map(({ what, why }) => `  ${what}: ${why}`),
    '',
  ].join('\n');
}
