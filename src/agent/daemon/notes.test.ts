import { expect, test } from 'vitest';
import { Notes } from './notes.ts';

const finding = (code: string) => ({ code, severity: 'warning', message: code, fix: '' }) as const;

test('what a pass finds on the machine lasts as what is so at the moment, and once happened is said at once', () => {
  const said: string[] = [];
  const notes = new Notes((lines) => said.push(...lines));
  const live = finding('agent/two-places');
  notes.addLive(() => [live]);
  const [damaged, taken] = [finding('host/leases-damaged'), finding('agent/taken-over')];
  for (const _ of [1, 2]) notes.set([damaged, taken]);
  expect(notes.lasting).toEqual([live, damaged]);
  expect(notes.all).toEqual([damaged, taken, live]);
  expect(said).toEqual([expect.stringContaining('agent/taken-over')]);
  notes.set([]);
  expect(notes.lasting).toEqual([live]);
});
