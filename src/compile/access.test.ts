import { expect, test } from 'vitest';
import { accessMatrix } from './access.ts';
import { linked } from './testing.ts';
import { tunnelEnds } from './tunnel-ends.ts';

const workers = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `w-${index + 1}`);

const file = (count: number) => `
version: 1
network: net
overlay: 10.0.0.0/16
topology: { hub: [a] }
sites:
  a:
    subnets: [192.168.6.0/24]
    gateways: { ga: { endpoint: 192.0.2.1:51820, overlay: 10.0.0.1, address: 192.168.6.1 } }
    hosts: { printer: { address: 192.168.6.9 } }
members: { ${workers(count).join(': {}, ')}: {}, anna: {} }
groups: { workers: [${workers(count).join(', ')}] }
policy:
  - { from: [anna], to: [ga], ports: [tcp/22, icmp] }
  - { from: [workers], to: [workers, ga] }
`;
const two = file(2);
/** All but two. */
const most = '[icmp, tcp/1-24, tcp/26-65535, udp/1-52, udp/54-65535]';

test('who gets where is followed from each to each where there are few', () => {
  const { groups, access } = accessMatrix(linked(two));
  expect(groups).toEqual([['anna'], ['ga'], ['printer'], ['w-1'], ['w-2']]);
  const from = (a: string, b: string) =>
    access
      .filter(({ example }) => example[0] === a && example[1] === b)
      .map(({ ports, outside }) => [ports.join(' '), outside]);
  expect(from('anna', 'ga')).toEqual([['icmp tcp/22', false]]);
  expect(from('w-1', 'w-2')).toEqual([['icmp tcp udp', false]]);
  expect(from('anna', 'w-1')).toEqual([['', false]]);
  expect(from('printer', 'ga')).toEqual([['icmp tcp udp', true]]);
  expect(access).toHaveLength(20);
});

test('where next to nothing is closed, that is told', () => {
  const { access } = accessMatrix(linked(two.replace('ports: [tcp/22, icmp]', `ports: ${most}`)));
  const closedTo = (a: string, b: string) =>
    access.find(({ example }) => example.join(' ') === `${a} ${b}`)?.closed;
  expect(closedTo('anna', 'ga')).toEqual(['tcp/25', 'udp/53']);
  expect(closedTo('w-1', 'w-2')).toEqual([]);
  expect(closedTo('anna', 'w-1')).toBeUndefined();
});

test('many that may do the same are one group', () => {
  const { groups, access } = accessMatrix(linked(file(90)));
  expect(groups.map(({ length }) => length)).toEqual([1, 1, 1, 90]);
  const among = access.filter(({ from, to }) => from === 3 && to === 3);
  expect(among.map(({ ports }) => ports.join(' '))).toEqual(['icmp tcp udp']);
});

test('a tunnel is told from both ends, with what each lets the other carry', () => {
  const ends = tunnelEnds(linked(two), 'anna', 'ga');
  expect(ends).toMatchObject([
    { machine: 'anna', endpoint: '192.0.2.1:51820', keepalive: 25 },
    { machine: 'ga', port: 51820, keepalive: 0, allowedIps: ['10.0.0.2/32'] },
  ]);
  expect(ends[0]?.allowedIps).toContain('192.168.6.0/24');
  expect(tunnelEnds(linked(two), 'anna', 'w-1')).toEqual([]);
});
