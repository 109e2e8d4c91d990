import { byText, type Diagnostic, type Place } from '#base';
import { conform } from './conform.ts';
import { type FileReader, readFiles } from './files.ts';
import type { Network } from './network.ts';
import { resolve } from './resolve.ts';
import { FileSchema } from './schema.ts';

export interface Loaded {
  /** Present if no diagnostic is an error. */
  readonly network?: Network;
  /** All findings of all files, sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a network from its file and all it includes. Pure but for the reader; throws nothing that a
 * file could cause: whatever is wrong with it is in the diagnostics, with place and remedy.
 */
export function loadNetwork(entry: string, reader: FileReader): Loaded {
  const found: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void found.push(diagnostic);
  const root = readFiles(entry, reader, report);
  const readable = root !== undefined && !found.some(isSyntax);
  const file = readable ? conform(FileSchema, '', root, report) : undefined;
  const network = file && resolve(file, report);
  const diagnostics = distinct(found).sort(byPlace);
  if (!network || diagnostics.some(({ severity }) => severity === 'error')) return { diagnostics };
  return { network, diagnostics };
}

/** After these, part of the text is missing, and everything that follows from that would be noise. */
const syntax = new Set([
  'spec/yaml-syntax',
  'spec/tab',
  'spec/unknown-anchor',
  'spec/too-many-aliases',
  'spec/file-not-found',
  'spec/file-unreadable',
  'spec/include-nothing',
]);
const isSyntax = ({ code }: Diagnostic): boolean => syntax.has(code);

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
