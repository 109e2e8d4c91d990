import { expect, test } from 'vitest';
import { groupOf, markOf } from '../mark.ts';
import type { Run } from '../run.ts';
import { release } from './release.ts';

const device = {
  ...{ name: 'wg0', index: 7, kind: 'wireguard', mtu: 1420, up: true, addresses: [] },
  group: groupOf(markOf('net', 'wg0')),
};

/** A run that fails where its standard input does. */
function recorder(fails = false) {
  const ran: (readonly string[])[] = [];
  const run: Run = async (_, argv, { stdin } = {}) => {
    ran.push(stdin === undefined ? argv : [...argv, stdin]);
    if (fails && stdin !== undefined) throw new Error('a line failed');
    return '';
  };
  return { ran, run };
}

test('an alias of somebody else is given back as it was, whatever is in it', async () => {
  const { ran, run } = recorder();
  const alias = `the "lab's" #1\nlink del dev eth0`;
  await release(run, 'net', device, { routes: [], alias });
  expect(ran).toEqual([
    ['ip', '-force', '-batch', '-', 'link set dev wg0 group 0\n'],
    ['ip', 'link', 'set', 'dev', 'wg0', 'alias', alias],
  ]);
});

test('the mark goes also where a route of others cannot be set again', async () => {
  const { ran, run } = recorder(true);
  await expect(release(run, 'net', device)).rejects.toThrow('a line failed');
  expect(ran.at(-1)).toEqual(['ip', 'link', 'set', 'dev', 'wg0', 'alias', '']);
});
