import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs, type ProofJson } from './labs.ts';

/** Of a machine elsewhere: those of the lab make their own. */
const elsewhere = Buffer.alloc(32, 7).toString('base64');

const open = `
version: 1
network: live
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites:
  north:
    subnets: [192.168.1.0/24]
    gateways: { gw-north: { endpoint: 203.0.113.1:51820, key: "${elsewhere}", address: 192.168.1.1 } }
    hosts: { h-north: { address: 192.168.1.9 } }
  south:
    subnets: [192.168.2.0/24]
    gateways: { gw-south: { endpoint: 198.51.100.1:51820, address: 192.168.2.1 } }
    hosts: { h-south: { address: 192.168.2.9 } }
members:
  ann: { hub: north, managed: false }
  bob: {}
`;

/** The same machines in the same places, but other addresses, another topology, and a policy. */
const closed = `${open
  .replace('10.0.0.0/24', '10.9.0.0/24')
  .replace('hub: north', 'hub: south')
  .replace('defaults:', 'topology: { hub: [south] }\ndefaults:')}
policy: [{ from: [ann], to: [h-north], ports: [tcp/22] }]
`;

interface Applied {
  readonly plan: { readonly machines: readonly { readonly machine: string }[] };
  readonly proof: ProofJson;
}

const applied = (labs: Labs, ...args: readonly string[]): Applied =>
  JSON.parse(labs.must('apply', '--json', ...args)) as Applied;

suite('a changed file in a lab that is up', { needs: ['netns', 'tun'] }, () => {
  test('is applied to the same machines, which then are what it says', () => {
    using labs = new Labs();
    expect(labs.proof('up', labs.file('net.yaml', open)).mismatches).toEqual([]);
    const key = labs.on('ann', 'wg', 'show', 'wg0', 'public-key').out;
    const keeper = labs.readLab('live').keeper;

    labs.file('net.yaml', closed);
    const { plan, proof } = applied(labs);
    expect(plan.machines.map(({ machine }) => machine)).toContain('gw-north');
    expect(proof.mismatches).toEqual([]);
    const passing = proof.flows.filter(({ predicted }) => predicted === 'allow');
    expect(passing.map((flow) => `${flow.from} ${flow.to} ${flow.class}`)).toEqual([
      'ann h-north tcp/22',
    ]);

    expect(labs.on('ann', 'wg', 'show', 'wg0', 'public-key').out).toBe(key);
    expect(labs.on('ann', 'ip', 'address', 'show', 'wg0').out).toContain('10.9.0.');
    expect(labs.on('h-north', 'ip', 'route').out).toContain('10.9.0.0/24');
    expect(labs.on('h-north', 'ip', 'route').out).not.toContain('10.0.0.0/24');
    expect(labs.readLab('live').keeper).toBe(keeper);

    expect(applied(labs).plan.machines).toEqual([]);
    expect(labs.must('apply')).toContain('No changes.');
    expect(applied(labs, labs.file('open.yaml', open)).proof.mismatches).toEqual([]);
    expect(labs.must('reconcile')).toContain('nothing drifted');
    const history = labs.on('server', 'hawser', 'history').out;
    expect(history).toMatch(/3 .*lab apply\n2 .*lab apply\n1 .*lab up/);
  });

  test('the same in a lab without a server', () => {
    using labs = new Labs();
    labs.must('up', labs.file('net.yaml', open), '--no-proof', '--direct');
    labs.file('net.yaml', closed);
    const { plan, proof } = applied(labs);
    expect(plan.machines.map(({ machine }) => machine)).toContain('gw-north');
    expect(proof.mismatches).toEqual([]);
    for (const line of labs
      .must('reconcile')
      .split('\n')
      .filter((text) => !text.endsWith(':'))) {
      expect(line).toMatch(/^(unchanged)?$/);
    }
  });

  test('is refused with the reason where it needs another world, and nothing is done', () => {
    using labs = new Labs();
    labs.must('up', labs.file('net.yaml', open), '--no-proof', '--direct');
    const refusals = [
      [open.replace('bob: {}', 'bob: {}\n  eve: {}'), 'eve would be new'],
      [open.replace('  bob: {}\n', ''), 'bob would go'],
      [open.replace('203.0.113.1:', '203.0.113.2:'), 'gw-north'],
      [open.replace('192.168.2.9', '192.168.2.8'), 'h-south'],
      [open.replace(', managed: false', ''), 'ann would get its agent'],
    ] as const;
    for (const [yaml, reason] of refusals) {
      const { code, err } = labs.run('apply', labs.file('other.yaml', yaml));
      expect([code, err]).toEqual([2, expect.stringContaining('lab/needs-rebuild')]);
      expect(err).toContain(reason);
      expect(err).toContain('hawser lab down live; hawser lab up');
    }
    const renamed = labs.run('apply', labs.file('other.yaml', open.replace('live', 'dead')));
    expect([renamed.code, renamed.err]).toEqual([2, expect.stringContaining('other-network')]);
    const wrong = labs.run('apply', labs.file('other.yaml', `${open}\nnonsense: 1\n`));
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('spec/unknown-key')]);
    expect(labs.must('list')).toContain('net.yaml');
    expect(labs.must('reconcile', 'gw-north')).toContain('unchanged');
  });
});
