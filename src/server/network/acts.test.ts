import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../store/contract.ts';
import { openStore } from '../store/index.ts';
import { type Action, countAct, readActs } from './acts.ts';

let data: string;
let store: Store;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-acts-'));
  store = await openStore({ data });
});

afterEach(async () => {
  await store.close();
  rmSync(data, { recursive: true });
});

test.each<[Action, number]>([
  ['approve-machine', 1],
  ['give-key', 1],
  ['rotate-end', 1],
  ['join', 0],
  ['leave', 0],
  ['adopt', 0],
  ['rotate-phase', 0],
  ['apply-held', 0],
])('%s counts as %d acts of persons', async (action, acts) => {
  await store.write((tx) => countAct(tx, 'net', action));
  expect(await store.read((tx) => readActs(tx, 'net'))).toBe(acts);
});

test('an action that nobody put into a list is none', async () => {
  // @ts-expect-error The types refuse it: all that an edit says of itself is of them.
  const unknown: Action = 'something-new';
  await store.write((tx) => countAct(tx, 'net', unknown));
  expect(await store.read((tx) => readActs(tx, 'net'))).toBe(0);
});
