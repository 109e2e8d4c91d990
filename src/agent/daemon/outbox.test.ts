import { expect, test } from 'vitest';
import type { FromAgent } from '#api';
import { Outbox } from './outbox.ts';

type Message = Extract<FromAgent, { readonly type: 'report' | 'drift' | 'seen' | 'upgrade' }>;

const report = (rev: number): Message => {
  const name = { epoch: 'e', rev, hash: String(rev) };
  return { type: 'report', ...name, outcome: 'applied', changes: [], failures: [] };
};
const drift = (what: string): Message => {
  return { type: 'drift', at: '2026-11-20T00:00:00Z', changes: [what], repaired: true };
};

test('what nobody hears is told later: every drift in order, and the last word on the state', () => {
  let listens = false;
  const heard: Message[] = [];
  const outbox = new Outbox((message) => {
    if (listens) heard.push(message);
    return listens;
  });
  for (const message of [report(1), drift('a'), report(2), drift('b')]) outbox.put(message);
  listens = true;
  outbox.flush();
  expect(heard).toEqual([drift('a'), report(2), drift('b')]);
  outbox.flush();
  expect(heard).toHaveLength(3);
});

test('what waits for a server that never returns does not grow without end', () => {
  let listens = false;
  let heard = 0;
  const outbox = new Outbox(() => {
    if (listens) heard++;
    return listens;
  });
  for (let n = 0; n < 1000; n++) outbox.put(drift(String(n)));
  listens = true;
  outbox.flush();
  expect(heard).toBe(100);
});
