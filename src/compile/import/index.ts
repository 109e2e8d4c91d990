import { compileErrors } from '../errors.ts';
import { emptyFacts, type Facts } from '../inputs.ts';
import { readBibigrid } from './bibigrid.ts';
import type { Draft } from './draft.ts';
import { joinSources } from './joined.ts';
import { readMupif } from './mupif.ts';
import { answersOf, type ImportOptions } from './options.ts';
import { readQuick } from './quick.ts';
import type { ImportFile, Left, Sources } from './source.ts';
import { type Placed, writeDraft } from './yaml.ts';

export type { ImportOptions } from './options.ts';
export type { ImportFile, Left } from './source.ts';
export type { Placed } from './yaml.ts';

export const importFormats = ['wg-quick', 'mupif', 'bibigrid'] as const;
export type ImportFormat = (typeof importFormats)[number];

export interface Imported {
  readonly network: string;
  /** The new file. */
  readonly yaml: string;
  /** Public keys, and which tunnels have a preshared one; of a bibigrid.yml there are none. */
  readonly facts: Facts;
  /** What nothing said, with the line of the new file where that stands. */
  readonly remarks: readonly Placed[];
  /** What is not in the new file. */
  readonly left: readonly Left[];
}

/** The kind of one file, by its name and its first words. */
function formatOf({ file, text }: ImportFile): ImportFormat {
  if (file.endsWith('.conf') || /^\s*\[\s*(?:interface|peer)\s*\]/im.test(text)) return 'wg-quick';
  if (file.endsWith('.json') || /^\s*\{/.test(text)) return 'mupif';
  if (/\.ya?ml$/.test(file) || /^[\s-]*(?:infrastructure|cloud|mode)\s*:/m.test(text)) {
    return 'bibigrid';
  }
  throw compileErrors.error('compile/import-unknown-format', { file }, { text: file });
}

/** MuPIF's JSON and the configuration of its hub go together, whatever is said. */
function kindOf(file: ImportFile, said: ImportFormat | undefined): ImportFormat {
  if (said === undefined) return formatOf(file);
  const isConfiguration = /^\s*\[\s*(?:interface|peer)\s*\]/im.test(file.text);
  return said === 'mupif' && isConfiguration ? 'wg-quick' : said;
}

function readOne(file: ImportFile, format: ImportFormat, hasKeys: boolean): Sources {
  if (format === 'mupif') return readMupif(file, hasKeys);
  const { source, left } = readQuick(file);
  return { sources: [source], names: new Map(), left };
}

const together = (all: readonly Sources[]): Sources => ({
  sources: all.flatMap(({ sources }) => sources),
  names: new Map(all.flatMap(({ names }) => [...names])),
  left: all.flatMap(({ left }) => left),
});

/**
 * One network file of what people have today: configurations of wg-quick(8), MuPIF's JSON, or a
 * bibigrid.yml. No secret gets into it. Whatever was not said by the files is a remark, whatever could
 * not be taken over is in `left`. Pure.
 * @throws wireguard/..., spec/..., ip/..., compile/import-...
 */
export function importNetwork(
  files: readonly ImportFile[],
  options: ImportOptions & { readonly format?: ImportFormat } = {},
): Imported {
  const answers = answersOf(options);
  const kinds = files
    .map(({ file, text }) => ({ file, text: text.replace(/^\uFEFF/, '') }))
    .map((file) => ({ file, format: kindOf(file, options.format) }));
  const [first] = kinds;
  if (first?.format !== 'bibigrid' && !kinds.some(({ format }) => format === 'bibigrid')) {
    const hasKeys = kinds.some(({ format }) => format === 'wg-quick');
    const sources = together(kinds.map(({ file, format }) => readOne(file, format, hasKeys)));
    const names = files.map(({ file }) => file);
    return written(joinSources(sources, answers, names));
  }
  const stray = kinds[1];
  if (stray) throw mixed(stray.file);
  const read = readBibigrid((first as (typeof kinds)[number]).file, answers);
  return written({ ...read, facts: emptyFacts });
}

interface Read {
  readonly draft: Draft;
  readonly facts: Facts;
  readonly left: readonly Left[];
}

function written({ draft, facts, left }: Read): Imported {
  const { text, remarks } = writeDraft(draft);
  return { network: draft.network, yaml: text, facts, remarks, left };
}

const mixed = ({ file }: ImportFile): Error =>
  compileErrors.error('compile/import-mixed', { file }, { text: file });
