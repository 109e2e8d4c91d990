import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import {
  applyBoth,
  failing,
  file,
  isOwnFilter,
  knox,
  openBorder,
  openGateways,
  packetsOf,
  port,
  pouta,
  reaches,
  space,
  statesOf,
} from './segment-world.ts';

const counterOf = (gateway: TestMachine, name: string): number =>
  packetsOf(gateway.do(`nft list counter inet hawser-net ${name}`));

/** A frame in plain VXLAN: one from a stranger to a machine, as whoever knows the VNI may send it. */
const inject = (address: string): string => `const s = require('node:dgram').createSocket('udp4');
const head = Buffer.from('0800000000000700', 'hex');
const frame = Buffer.concat([Buffer.from('${knox.mac.replaceAll(':', '')}02000000006688b5', 'hex'), Buffer.alloc(46, 0x61)]);
s.send(Buffer.concat([head, frame]), ${port}, '${address}', () => s.close());`;

const needs = ['root', 'netns', 'tun', 'tcpdump'] as const;

suite('a segment that is closed to the underlay', { needs: [...needs] }, () => {
  let a: TestMachine;
  let b: TestMachine;
  let states: { readonly a: HostState; readonly b: HostState };

  const apply = (): Promise<void> => applyBoth([a, b], states);

  /** What comes by a device of the first gateway. */
  const listen = async (inside: readonly string[], device: string, what: string) => {
    const program = ['tcpdump', '-lnei', device, ...what.split(' ')];
    const seen = a.box.start([...inside, ...program]);
    await until('it listens', () => seen.output().includes('listening on'));
    return seen.output;
  };
  const send = (): string => b.box.run([process.execPath, '-e', inject(knox.underlay)]);

  beforeAll(async () => {
    [a, b] = await openGateways();
    states = statesOf(file, a, b);
    await apply();
  }, 60_000);

  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('takes in nothing from the underlay, however well it is made', async () => {
    const heard = await listen(['ip', 'netns', 'exec', 'station'], 'eth0', 'ether proto 0x88b5');
    const before = counterOf(a, 'vxlan');
    send();
    await until('it is counted', () => counterOf(a, 'vxlan') > before);
    expect(heard()).not.toContain('02:00:00:00:00:66');
    // Without the filter the same frame comes in: the kernel's VXLAN asks nobody where it is from.
    a.do('nft flush chain inet hawser-net input');
    openBorder(a);
    send();
    await until('it is heard', () => heard().includes('02:00:00:00:00:66'));
    await apply();
  });

  test('has no VXLAN on an empty machine whose own filter cannot be set: what is injected reaches nothing', async () => {
    expect((await a.cleanup('net')).failures).toEqual([]);
    const { failures } = await a.apply(states.a, failing(isOwnFilter));
    const notMade = failures.filter(({ error }) => error.code === 'host/not-closed');
    expect(notMade.map(({ change }) => change?.id)).toEqual(['vxlan']);
    expect(a.do(`ip netns exec ${space} ip -br link`)).not.toContain('vxlan');
    const heard = await listen(['ip', 'netns', 'exec', 'station'], 'eth0', 'ether proto 0x88b5');
    const refused = await listen([], 'eth0', 'icmp');
    send();
    // Nobody is there to whom it could be given.
    await until('the kernel says so', () => refused().includes(`udp port ${port} unreachable`));
    expect(heard()).not.toContain('02:00:00:00:00:66');
    // With the device, and still without the filter, the same frame comes in.
    await apply();
    a.do('nft flush chain inet hawser-net input');
    openBorder(a);
    send();
    await until('it is heard', () => heard().includes('02:00:00:00:00:66'));
    await apply();
    await until('one reaches the other', () => reaches(a, pouta.address), 20_000);
  });
});
