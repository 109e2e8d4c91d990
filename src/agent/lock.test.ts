import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-lock-'));
  file = join(folder, 'run', 'agent.lock');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another process that has the lock until it is killed. */
async function otherAgent(): Promise<ChildProcess> {
  const module = join(import.meta.dirname, 'lock.ts');
  const text = `const { withLock } = await import(${JSON.stringify(module)});
    await withLock(() => { console.log('has it'); return new Promise(() => setInterval(() => {}, 1e6)); }, { file: ${JSON.stringify(file)} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('two agents work one after the other, and leave the lock to the next', async () => {
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`${name} ends`);
  };
  await Promise.all([withLock(work('a'), { file }), withLock(work('b'), { file })]);
  const [first = ''] = order.map((line) => line.charAt(0));
  const second = first === 'a' ? 'b' : 'a';
  expect(order).toEqual(
    [first, first, second, second].map((n, i) => `${n} ${i % 2 ? 'ends' : 'begins'}`),
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
});

test('who waits too long is told who works there; a killed one leaves nothing behind', async () => {
  const other = await otherAgent();
  await expect(withLock(async () => 'mine', { file, patience: 0 })).rejects.toMatchObject({
    code: 'agent/busy',
    message: expect.stringContaining(`process ${other.pid}`) as string,
  });
  other.kill('SIGKILL');
  expect(await withLock(async () => 'mine', { file })).toBe('mine');
});

test('work that fails gives the lock back', async () => {
  const failing = withLock(() => Promise.reject(new Error('work')), { file });
  await expect(failing).rejects.toThrow('work');
  expect(await withLock(async () => 'mine', { file, patience: 0 })).toBe('mine');
});
