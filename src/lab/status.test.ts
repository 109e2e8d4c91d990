import { expect, test } from 'vitest';
import { describeAgent, describeTunnel, type PeerStatus } from './status.ts';

const tunnel = (peers: readonly PeerStatus[], there = true) =>
  describeTunnel({ device: 'wg0', there, peers });
const shaken = (name: string, secondsAgo: number): PeerStatus => ({
  name,
  there: true,
  secondsAgo,
});
const silent = (name: string): PeerStatus => ({ name, there: true });

test('a few peers are told one by one', () => {
  expect(tunnel([shaken('vpn', 12), silent('bob'), { name: 'eve', there: false }])).toBe(
    'vpn 12 s ago, bob never, no peer eve',
  );
  expect(tunnel([shaken('vpn', 3600)])).toBe('vpn 60 min ago');
});

test('of many peers those that never shook hands are named', () => {
  expect(tunnel(['a', 'b', 'c', 'd'].map((name, i) => shaken(name, 9 - i)))).toBe(
    '4 of 4, the last 6 s ago',
  );
  expect(tunnel([shaken('a', 1), ...['b', 'c', 'd', 'e'].map(silent)])).toBe(
    '1 of 5, the last 1 s ago, b never, c never, d never, and 1 more',
  );
});

test('a device that is not there is what there is to say', () => {
  expect(tunnel([silent('vpn')], false)).toBe('no device wg0');
});

test('of an agent it is told what is not as it should be', () => {
  const agent = {
    network: 'n',
    machine: 'vpn',
    servers: [],
    connected: true,
    pending: false,
    frozen: false,
    complete: true,
    quarantined: 0,
    failures: [],
  };
  expect(describeAgent({ ...agent, revision: 2, confirmed: 2 })).toBe('connected');
  expect(describeAgent({ ...agent, revision: 2, confirmed: 1, connected: false })).toBe(
    'no server, not confirmed',
  );
  expect(describeAgent({ ...agent, complete: false, pending: true })).toBe(
    'connected, waits for approval',
  );
  expect(describeAgent(null)).toBe('none runs');
});
