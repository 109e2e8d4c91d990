/**
 * Writes the files that are made from the sources: the error catalogue, the JSON Schema of
 * hawser.yaml, and the description of its format. With `--check` it writes nothing and fails when a
 * file differs from what would be written.
 */
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ErrorTable } from '#base';
import { byText } from '#base';

const root = process.cwd();

type Generate = () => Promise<string>;
type Exports = Readonly<Record<string, unknown>>;

const load = async (path: string): Promise<Exports> => (await import(join(root, path))) as Exports;

const isErrorTable = (value: unknown): value is ErrorTable<Record<string, never>> =>
  typeof value === 'object' && value !== null && 'entries' in value && 'diagnostic' in value;

/** All codes of one room's errors.ts. */
async function errorRows(path: string): Promise<readonly string[]> {
  const tables = Object.values(await load(path)).filter(isErrorTable);
  return tables
    .flatMap(({ entries }) => Object.entries<{ says: string; fix: string }>(entries))
    .sort(([a], [b]) => byText(a, b))
    .map(([code, { says, fix }]) => `### \`${code}\`\n\n${escape(says)}\n\n${escape(fix)}\n`);
}

const escape = (text: string): string => text.replace(/[<>*_|]/g, '\\$&');

const errorCatalogue: Generate = async () => {
  const sections: string[] = [];
  for (const path of globSync('src/*/errors.ts', { cwd: root }).sort()) {
    const rows = await errorRows(path);
    if (rows.length === 0) throw new Error(`${path} exports no error table`);
    sections.push(`## ${path.split('/')[1]}\n`, ...rows);
  }
  if (sections.length === 0) throw new Error('no src/*/errors.ts found');
  return [
    '<!-- Made by scripts/generate.ts from src/*/errors.ts; edit those. -->\n',
    '# Errors\n',
    'Every error has a code. `{words}` in braces are filled in when it is raised.\n',
    ...sections,
  ].join('\n');
};

const isGenerator = (value: unknown): value is () => string => typeof value === 'function';

/** A generator that a room exports by name as a function without arguments. */
const from =
  (path: string, name: string): Generate =>
  async () => {
    const make = (await load(path))[name];
    if (!isGenerator(make)) throw new Error(`${path} exports no function ${name}`);
    return make();
  };

const generated: Readonly<Record<string, Generate>> = {
  'docs/errors.md': errorCatalogue,
  'schema/hawser.schema.json': from('src/spec/generate.ts', 'generateSchema'),
  'docs/file-format.md': from('src/spec/generate.ts', 'generateFileFormat'),
};

async function isCurrent(path: string, wanted: string): Promise<boolean> {
  const present = await readFile(join(root, path), 'utf8').catch(() => undefined);
  return present === wanted;
}

const onlyCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [path, generate] of Object.entries(generated)) {
  const wanted = await generate();
  if (await isCurrent(path, wanted)) continue;
  stale.push(path);
  if (onlyCheck) continue;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), wanted);
}
for (const path of stale) console.log(`${path} ${onlyCheck ? 'is stale' : 'written'}`);
if (onlyCheck && stale.length > 0) {
  console.log("run 'npm run generate'");
  process.exitCode = 1;
}
