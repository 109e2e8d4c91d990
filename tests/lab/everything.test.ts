import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs } from './labs.ts';

/** Sites whose own networks are public: their endpoints lie in what is routed into the tunnels. */
const pinned = `
version: 1
network: pinned
overlay: 100.64.0.0/24
sites:
  a:
    subnets: [203.0.113.0/24]
    gateways: { a-gw: { endpoint: 203.0.113.10:51820, address: 203.0.113.10 } }
    hosts: { a-h: { address: 203.0.113.20 } }
  b:
    subnets: [198.51.100.0/24]
    gateways: { b-gw: { endpoint: 198.51.100.10:4500, port: 51820, address: 198.51.100.10 } }
    hosts: { b-h: { address: 198.51.100.20 } }
  c:
    subnets: [10.1.0.0/16]
    gateways: { c-gw: { address: 10.1.0.1 } }
members:
  m: { nat: cgnat, managed: false, hub: a }
`;

suite('a network of everything', { needs: ['netns', 'tun'] }, () => {
  test('is what its file says, in both families, and counts each refusal', () => {
    using labs = new Labs();
    const proof = labs.proof('up', 'tests/lab/everything.yaml', '--direct');
    expect(proof.mismatches).toEqual([]);
    expect(new Set(proof.flows.map((flow) => flow.family))).toEqual(new Set([4, 6]));
    const verdicts = new Set(proof.flows.map((flow) => flow.predicted));
    expect(verdicts).toEqual(new Set(['allow', 'deny', 'outside']));
    const refused = proof.flows.filter((flow) => flow.predicted === 'deny').length;
    expect(proof.refusals.reduce((sum, { flows }) => sum + flows, 0)).toBe(refused);

    // Its own tables and routes gone from one gateway, the proof must notice.
    labs.on('hq-gw', 'nft', 'delete', 'table', 'inet', 'hawser-everything');
    const open = labs.proof('prove');
    expect(open.holds).toBe(false);
    expect(open.mismatches.some((text) => text.includes('should be refused'))).toBe(true);
    expect(open.mismatches.some((text) => text.includes('the rule of counter deny'))).toBe(true);
    labs.must('reconcile', 'hq-gw');
    expect(labs.proof('prove').mismatches).toEqual([]);
  });

  test('endpoints inside prefixes that go through the tunnel are still found', () => {
    using labs = new Labs();
    const proof = labs.proof('up', labs.file('pinned.yaml', pinned));
    expect(proof.mismatches).toEqual([]);
    expect(proof.handshakes.missing).toEqual([]);
    expect(proof.flows.length).toBeGreaterThan(80);

    // Strict reverse-path filtering, as some distributions have it, must not stop the tunnels.
    for (const name of ['m', 'a-gw', 'b-gw', 'c-gw']) {
      const setting = '/proc/sys/net/ipv4/conf/eth0/rp_filter';
      expect(labs.on(name, 'sh', '-c', `echo 1 > ${setting}; cat ${setting}`).out).toBe('1\n');
    }
    expect(labs.proof('ping', 'm', 'b-gw').mismatches).toEqual([]);
    expect(labs.proof('prove').mismatches).toEqual([]);
  });
});
