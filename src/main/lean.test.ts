import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'hawser-lean-'));
const script = join(folder, 'program.mjs');
const module = join(import.meta.dirname, 'lean.ts');
writeFileSync(
  script,
  `import { beginLean } from ${JSON.stringify(module)};
beginLean(process);
const { pid, execArgv, argv, env } = process;
const mapped = env.MALLOC_MMAP_THRESHOLD_;
console.log(JSON.stringify({ pid, execArgv, words: argv.slice(2), mapped }));`,
);

afterAll(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly pid: number;
  readonly execArgv: readonly string[];
  readonly words: readonly string[];
  /** Bytes from which on malloc maps. */
  readonly mapped?: string;
}

/** What a program says of itself that was begun with these words; `began`: the process that it was then. */
async function begin(...words: readonly string[]): Promise<Said & { readonly began?: number }> {
  const child = spawn(process.execPath, ['--no-warnings', script, ...words]);
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  await once(child, 'close');
  return { ...(JSON.parse(text) as Said), ...(child.pid !== undefined && { began: child.pid }) };
}

test('an agent begins again with little memory, as the same process and with the same words', async () => {
  const words = ['agent', 'run', '--state-dir', '/a b'];
  const { pid, began, execArgv, words: said } = await begin(...words);
  expect(execArgv).toContain('--max-semi-space-size=1');
  expect(execArgv[0]).toBe('--no-warnings');
  expect([pid, said]).toEqual([began, words]);
});

test('a server begins again with what V8 and malloc are told, as the same process', async () => {
  const { pid, began, execArgv, mapped } = await begin('server', '--no-join');
  expect(execArgv).toContain('--min-semi-space-size=16');
  expect([pid, execArgv[0], mapped]).toEqual([began, '--no-warnings', '65536']);
});

test.each([
  ['agent', 'status'],
  ['server', 'reset-admin'],
])('what ends soon begins once: %s %s', async (...words) => {
  expect(await begin(...words)).toMatchObject({ execArgv: ['--no-warnings'] });
});
