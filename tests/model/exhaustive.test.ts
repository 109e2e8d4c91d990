import { expect, test } from 'vitest';
import { portOf } from './draft.ts';
import { exhaustive, matrix } from './exhaustive.ts';
import { twoSites } from './two-sites.ts';

test('all pairs of two sites: into site b only what its filter names', () => {
  const refused = matrix(twoSites(), [portOf('icmp'), portOf('tcp/22'), portOf('udp/53')])
    .filter((row) => !row.endsWith('allow'))
    .sort();
  expect(refused).toEqual([
    'gw-a -> gw-b (IPv4 10.0.0.2) udp/53: deny',
    'gw-a -> gw-b (IPv4 192.168.77.4) udp/53: deny',
    'gw-a -> host-b (IPv4 192.168.77.11) udp/53: deny',
    'host-a -> gw-b (IPv4 10.0.0.2) udp/53: deny',
    'host-a -> gw-b (IPv4 192.168.77.4) udp/53: deny',
    'host-a -> host-b (IPv4 192.168.77.11) udp/53: deny',
  ]);
});

test('every address of everybody is asked for by everybody else', () => {
  const cells = [...exhaustive(twoSites(), [portOf('icmp')])];
  // Three askers for each of 2 + 1 + 2 + 1 addresses.
  expect(cells).toHaveLength(18);
  expect(new Set(cells.map((cell) => cell.result.verdict))).toEqual(new Set(['allow']));
});
