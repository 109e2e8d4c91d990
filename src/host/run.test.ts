import { expect, test } from 'vitest';
import { runProcess } from './run.ts';

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

test('a program gets its input as a file it can open by name, from the start', async () => {
  const text = `${'x'.repeat(200_000)}\nlast\n`;
  expect(await runProcess(['cat', '/dev/stdin'], { stdin: text })).toBe(text);
  expect(await runProcess(['cat'], { stdin: text })).toBe(text);
});

test('words of an argv are words, whatever they hold', async () => {
  const odd = '$(id); `id` "quoted" \n *';
  expect(await runProcess(['printf', '%s', odd])).toBe(odd);
});

test('a failure says what was run, how it ended and what it said', async () => {
  const failed = await runProcess(['ls', '/nowhere']).catch((error: unknown) => error);
  expect(codeOf(failed)).toBe('host/command-failed');
  expect((failed as Error).message).toMatch(/`ls \/nowhere` ended with 2: .*No such file/);
});

test('a program that is not installed is told by its name', async () => {
  const failed = await runProcess(['hawser-no-such-program']).catch((error: unknown) => error);
  expect(codeOf(failed)).toBe('host/command-missing');
});

test('exit codes that are no error are none', async () => {
  expect(await runProcess(['grep', 'x', '/dev/null'], { exits: [0, 1] })).toBe('');
});
