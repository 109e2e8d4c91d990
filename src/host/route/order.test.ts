import { expect, test } from 'vitest';
import type { Change, RouteItem } from '#state';
import type { Context } from '../context.ts';
import { route } from './index.ts';

const to = (prefix: string, device: string): RouteItem => ({
  prefix,
  device,
  table: 254,
  metric: 0,
});

const change = (prefix: string, before: string | undefined, after: string | undefined): Change => {
  const sides = {
    ...(before !== undefined && { before: to(prefix, before) }),
    ...(after !== undefined && { after: to(prefix, after) }),
  };
  const kind = before === undefined ? 'add' : after === undefined ? 'remove' : 'change';
  const what = { facility: 'routes', id: prefix, kind, why: 'state', impact: 'none' };
  return { ...what, ...sides } as unknown as Change;
};

/** The prefixes in the order in which routes to them are set. */
async function orderOf(verb: 'establish' | 'withdraw', changes: readonly Change[]) {
  let said = '';
  const run: Context['run'] = async (_, __, options) => {
    said += options?.stdin ?? '';
    return '';
  };
  await route[verb]({ run, namespace: 'root' } as Context, changes);
  return [...said.matchAll(/^route \w+ (\S+)/gm)].map(([, prefix]) => prefix);
}

const prefixes = ['10.77.0.0/24', '10.77.0.128/25', '10.77.0.4/32', 'fd00::/8', 'fd00:77::4/128'];

test('the part that stays with a tunnel has its route before the rest moves to another', async () => {
  const changes = [change('10.77.0.0/24', 'hw', 'hw_2'), change('10.77.0.4/32', undefined, 'hw')];
  expect(await orderOf('establish', changes)).toEqual(['10.77.0.4/32', '10.77.0.0/24']);
});

test('no route is set before one inside it, none goes after one around it', async () => {
  const longer = prefixes.toSorted((a, b) => Number(b.split('/')[1]) - Number(a.split('/')[1]));
  const added = await orderOf(
    'establish',
    prefixes.map((prefix) => change(prefix, undefined, 'hw')),
  );
  expect(added).toEqual(longer);
  const removed = await orderOf(
    'withdraw',
    prefixes.map((prefix) => change(prefix, 'hw', undefined)),
  );
  expect(removed).toEqual(longer.toReversed());
});

test('a network behind a machine has its route when the way to that machine is there', async () => {
  const behind = (prefix: string, via: string): Change =>
    ({ ...change(prefix, undefined, 'hw'), after: { ...to(prefix, 'hw'), via } }) as Change;
  const added = await orderOf('establish', [
    behind('192.168.0.0/24', '10.101.128.1'),
    behind('192.168.9.0/28', '198.51.100.1'),
    behind('fd01::/64', 'fd09::9'),
    change('10.101.0.0/16', undefined, 'hw'),
    change('fd09::/16', undefined, 'hw'),
  ]);
  // The way to 198.51.100.1 was there before.
  expect(added).toEqual([
    '192.168.9.0/28',
    '10.101.0.0/16',
    'fd09::/16',
    'fd01::/64',
    '192.168.0.0/24',
  ]);
});
