/**
 * Writes the files that are made from the sources: the error catalogue, the JSON Schema of
 * hawser.yaml, and the description of its format. With `--check` it writes nothing and fails when a
 * file differs from what would be written.
 */
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ErrorEntry, ErrorTable } from '#base';
import { byText } from '#base';

const root = process.cwd();

/** Declares what an error table is; holds none. */
const errorHelper = 'src/base/errors.ts';

type Generate = () => Promise<string>;
type Exports = Readonly<Record<string, unknown>>;

const load = async (path: string): Promise<Exports> => (await import(join(root, path))) as Exports;

const isErrorTable = (value: unknown): value is ErrorTable<Record<string, never>> =>
  typeof value === 'object' && value !== null && 'entries' in value && 'diagnostic' in value;

const escape = (text: string): string => text.replace(/[<>*_|]/g, '\\$&');

/** All codes of one room's errors.ts, which carry the room's name. */
async function errorSection(path: string): Promise<readonly string[]> {
  const room = path.split('/')[1] ?? '';
  const tables = Object.values(await load(path)).filter(isErrorTable);
  const entries = tables
    .flatMap((table) => Object.entries<ErrorEntry>(table.entries))
    .sort(([a], [b]) => byText(a, b));
  if (entries.length === 0) throw new Error(`${path} exports no error table`);
  const stray = entries.find(([code]) => !code.startsWith(`${room}/`));
  if (stray) throw new Error(`${path}: the code ${stray[0]} does not begin with ${room}/`);
  const rows = entries.map(
    ([code, { says, fix }]) => `### \`${code}\`\n\n${escape(says)}\n\n${escape(fix)}\n`,
  );
  return [`## ${room}\n`, ...rows];
}

const errorCatalogue: Generate = async () => {
  const files = globSync('src/*/errors.ts', { cwd: root }).sort();
  const sections = await Promise.all(
    files.filter((path) => path !== errorHelper).map((path) => errorSection(path)),
  );
  if (sections.length === 0) throw new Error('no src/*/errors.ts found');
  return [
    '<!-- Made by scripts/generate.ts from src/*/errors.ts; edit those. -->\n',
    '# Errors\n',
    'Every error has a code. `{words}` in braces are filled in when it is raised. The first\n' +
      'paragraph is what the error says, the second what to do.\n',
    ...sections.flat(),
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

const onlyCheck = process.argv.includes('--check');

/** What there is to say about one generated file; undefined when it is as it should be. */
async function settle(path: string, generate: Generate): Promise<string | undefined> {
  const wanted = await generate();
  const file = join(root, path);
  if ((await readFile(file, 'utf8').catch(() => undefined)) === wanted) return undefined;
  if (onlyCheck) return `${path} is stale; run 'npm run generate'`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, wanted);
  return `${path} written`;
}

for (const [path, generate] of Object.entries(generated)) {
  try {
    const remark = await settle(path, generate);
    if (remark === undefined) continue;
    console.log(remark);
    if (onlyCheck) process.exitCode = 1;
  } catch (error) {
    console.log(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
