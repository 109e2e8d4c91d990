/**
 * npm run check: every step with its duration; a step's output is shown when it fails. All steps
 * run, so that one run names everything. Arguments pick steps by name.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { styleText } from 'node:util';

interface Step {
  readonly name: string;
  readonly argv: readonly string[];
}

const node = (name: string, ...argv: readonly string[]): Step => ({
  name,
  argv: [process.execPath, ...argv],
});

const shellScripts = (): readonly string[] => [
  'hawser',
  '.ci/run',
  'packaging/launcher',
  ...globSync('packaging/debian/*'),
  ...globSync('scripts/*').filter((path) => !/\.(ts|txt)$/.test(path)),
];

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

const steps: readonly Step[] = [
  node('types', 'node_modules/typescript/bin/tsc', '--pretty', 'false'),
  node('types of web', 'node_modules/typescript/bin/tsc', '--pretty', 'false', '--project', 'web'),
  node(
    'lint',
    'node_modules/oxlint/bin/oxlint',
    '--type-aware',
    '--deny-warnings',
    '--format=unix',
  ),
  node(
    'format',
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--error-on-warnings',
    '--max-diagnostics=none',
  ),
  node('dead code', 'node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'),
  node('imports', 'scripts/check-imports.ts'),
  node('words', 'scripts/check-words.ts'),
  node('generated files', 'scripts/generate.ts', '--check'),
  node('lock file', 'scripts/lock.ts', '--check'),
  ...(hasShellcheck ? [{ name: 'shell', argv: ['shellcheck', '-x', ...shellScripts()] }] : []),
];

function run({ name, argv: [program = '', ...args] }: Step): boolean {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const mark = status === 0 ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
  console.log(`${mark} ${name.padEnd(16)} ${seconds} s`);
  if (status !== 0) console.log(`${stdout}${stderr}${error?.message ?? ''}`);
  return status === 0;
}

const wanted = process.argv.slice(2);
const chosen = steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) {
  console.log(`no such step; there are: ${steps.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
} else {
  const failed = chosen.filter((step) => !run(step));
  process.exitCode = failed.length > 0 ? 1 : 0;
}
