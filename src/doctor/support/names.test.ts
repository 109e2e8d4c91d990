import { expect, test } from 'vitest';
import type { Run } from '#host';
import { keysOfDevices } from './names.ts';

test('keys of tunnels that live in another namespace are known there, and of one that is gone none', async () => {
  const said: Readonly<Record<string, string>> = {
    'wg show all public-key': 'wg0\tours\n',
    'wg show all peers': 'wg0\tone\nwg0\ttwo\n',
    'ip netns exec qrouter-1 wg show all public-key': 'wg1\tinside\n',
    'ip netns exec qrouter-1 wg show all peers': 'wg1\tthree\n',
  };
  const run: Run = async (_, argv) => {
    const text = said[argv.join(' ')];
    if (text === undefined) throw new Error('Cannot open network namespace');
    return text;
  };
  const keys = await keysOfDevices(run, ['qrouter-1', 'gone']);
  expect(keys.filter((key) => key !== '')).toEqual(['ours', 'one', 'two', 'inside', 'three']);
});
