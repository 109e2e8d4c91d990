import { expect, test } from 'vitest';
import type { Client } from './client.ts';
import { onlyNetwork } from './session.ts';

const serverOf = (...networks: readonly string[]): Client =>
  ({ call: async () => networks.map((network) => ({ network })) }) as unknown as Client;

test('the only network need not be named; of several one has to be, and without any one is begun', async () => {
  expect(await onlyNetwork(serverOf('home'))).toBe('home');
  await expect(onlyNetwork(serverOf('office', 'home'))).rejects.toThrow('home, office');
  await expect(onlyNetwork(serverOf())).rejects.toThrow('the server has no network yet');
});
