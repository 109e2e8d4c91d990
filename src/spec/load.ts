import { byText, type Diagnostic, type Place } from '#base';
import { conform } from './conform.ts';
import { type FileReader, readFiles } from './files.ts';
import type { Network } from './network.ts';
import { resolve } from './resolve.ts';
import { FileSchema } from './schema.ts';
import type { PoolProposal } from './segments/propose.ts';

export interface Loaded {
  /** Present if no diagnostic is an error. */
  readonly network?: Network;
  /** All findings of all files, sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Pools that the sites of segments could have, whatever pools they have. */
  readonly proposals: readonly PoolProposal[];
}

/**
 * Reads a network from its file and all it includes. Pure but for the reader; throws nothing that a
 * file could cause: whatever is wrong with it is in the diagnostics, with place and remedy.
 */
export function loadNetwork(entry: string, reader: FileReader): Loaded {
  const found: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void found.push(diagnostic);
  const root = readFiles(entry, reader, report);
  const readable = root !== undefined && !found.some(isGarbled);
  const isPart = found.some(isMissing);
  const file = readable ? conform(FileSchema, '', root, report) : undefined;
  const resolved = file && resolve(file, report);
  const { network, proposals = [] } = resolved ?? {};
  const told = isPart ? found.filter((one) => !mayFollow(one, root?.place)) : found;
  const diagnostics = distinct(told).sort(byPlace);
  if (!network || diagnostics.some(isError)) return { diagnostics, proposals };
  return { network, diagnostics, proposals };
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

/** After these nobody knows what the text says, and everything that follows from it would be noise. */
const garbled = new Set(['spec/unknown-anchor', 'spec/too-many-aliases']);
const isGarbled = ({ code }: Diagnostic): boolean => garbled.has(code);

/** After these a whole file is missing, included by others that are there. */
const missing = new Set([
  'spec/yaml-syntax',
  'spec/tab',
  'spec/several-documents',
  'spec/file-not-found',
  'spec/file-unreadable',
  'spec/include-nothing',
]);
const isMissing = ({ code }: Diagnostic): boolean => missing.has(code);

/** What a missing file might mend: it may hold the name, the tag, the section or the defaults. */
const mended = new Set(['spec/unknown-name', 'spec/unused-tag', 'spec/long-interface']);
const mayFollow = ({ code, place }: Diagnostic, root: Place | undefined): boolean =>
  mended.has(code) || (code === 'spec/missing-key' && place === root);

const keyOf = ({ code, message, place: at }: Diagnostic): string =>
  `${code} ${at?.file} ${at?.line} ${at?.column} ${message}`;

/** What an alias repeats is wrong at one place only. */
const distinct = (found: readonly Diagnostic[]): Diagnostic[] => [
  ...new Map(found.map((diagnostic) => [keyOf(diagnostic), diagnostic])).values(),
];

const start: Place = { file: '', line: 0, column: 0 };

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [p, q] = [a.place ?? start, b.place ?? start];
  return byText(p.file, q.file) || p.line - q.line || p.column - q.column || byText(a.code, b.code);
}
