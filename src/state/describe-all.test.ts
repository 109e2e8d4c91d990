import { describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import { describeChanges } from './describe-all.ts';
import { diff } from './diff.ts';
import { parseHostState } from './parse.ts';
import { putItem, ViewBuilder } from './view.ts';
import { viewOf } from './view-of.ts';

const state = (counters: readonly string[], tunnels: object = {}) =>
  viewOf(
    parseHostState({
      format: 1,
      network: 't',
      machine: 'm',
      epoch: 'e',
      rev: 1,
      namespaces: {
        root: {
          addresses: { v: 1, items: [{ device: 'wg0', address: '10.0.0.1/32' }] },
          nft: {
            v: 1,
            items: [
              {
                family: 'inet',
                name: 'hawser-t',
                counters,
                sets: [{ name: 's', type: 'ipv4_addr', interval: true, elements: ['10.0.0.0/24'] }],
                maps: [],
                chains: [{ name: 'c', rules: [] }],
              },
            ],
          },
        },
      },
      tunnels,
      bindings: [],
      processes: {},
      tables: {},
    }),
  );

const tunnel = {
  main: {
    interface: 'wg0',
    lane: 0,
    bornIn: 'root',
    livesIn: 'root',
    listenPort: 1,
    key: { id: 't/0' },
    peers: { a: { publicKey: 'A' } },
  },
};

const lines = (changes: readonly Change[]): readonly string[] => describeChanges(changes);

test('a filter that comes is one line', () => {
  expect(lines(diff(new Map(), state(['x', 'y'])))).toContain(
    'add table inet hawser-t (1 chain, 1 set, 1 element, 2 counters)',
  );
});

test('a filter that changes is one line, which counts what comes and goes', () => {
  expect(lines(diff(state(['x']), state(['y', 'z'])))).toEqual([
    'change table inet hawser-t (2 counters added; 1 counter removed)',
  ]);
});

test('a tunnel that goes takes its peers and addresses along without a word', () => {
  expect(lines(diff(state([], tunnel), new Map()))).toEqual([
    'remove table inet hawser-t',
    'remove tunnel wg0',
  ]);
});

describe('sysctls', () => {
  const root = (path: string) => {
    const items = new ViewBuilder();
    putItem(items.namespace('root'), 'sysctls', { path, value: '0', previous: '1' });
    return items.view;
  };
  const path = 'net/ipv4/conf/wg0/send_redirects';

  test('are told with their value, also where a device has it in its name', () => {
    expect(lines(diff(new Map(), root(path)))).toEqual([`add sysctl ${path} (value 0)`]);
  });

  test('are not removed but restored', () => {
    expect(lines(diff(root(path), new Map()))).toEqual([`restore sysctl ${path} to 1`]);
  });

  test('of a device that goes are not told', () => {
    const all = [...diff(state([], tunnel), new Map()), ...diff(root(path), new Map())];
    expect(lines(all).filter((line) => line.includes('sysctl'))).toEqual([]);
  });
});

test('what a change costs is told where asked for', () => {
  const changes = diff(state([], tunnel), new Map());
  expect(describeChanges(changes, { impacts: true })).toContain('remove tunnel wg0 [outage]');
});

describe('names that come and go', () => {
  const names = (count: number) => {
    const builder = new ViewBuilder();
    for (let n = 1; n <= count; n++) {
      const item = { address: `10.0.0.${n}`, names: [`m${n}.t.internal`, `m${n}`] };
      builder.put('root', 'names', { place: 'hosts file', ...item });
      builder.put('root', 'names', { place: 'resolver', ...item });
    }
    return builder.view;
  };

  test('are told one by one where they are few', () => {
    expect(lines(diff(names(1), names(2)))).toEqual([
      'add name m2.t.internal (address 10.0.0.2)',
      'add name m2.t.internal of the resolver (address 10.0.0.2)',
    ]);
  });

  test('are counted where they are many', () => {
    expect(lines(diff(names(1), names(9)))).toEqual(['add 8 names', 'add 8 names of the resolver']);
    expect(lines(diff(names(9), names(0)))).toEqual([
      'remove 9 names',
      'remove 9 names of the resolver',
    ]);
  });
});
