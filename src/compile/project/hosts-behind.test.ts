import { describe, expect, test } from 'vitest';
import type { HostState } from '#state';
import { affected } from '../affected.ts';
import { linked } from '../testing.ts';
import { project } from './project.ts';

const file = (more: { site?: string; members?: readonly string[]; rest?: string }): string => `
version: 1
network: t
overlay: 10.99.0.0/24
topology: { hub: [a] }
sites:
  a:
    subnets: [10.1.0.0/24]
    gateways: { g-a: { endpoint: 203.0.113.1:51820, address: 10.1.0.1, overlay: 10.99.0.1 } }
    hosts: { "h[1-5]": { address: "10.1.0.[11-15]" } }
    ${more.site ?? ''}
  b:
    subnets: [10.2.0.0/24]
    gateways: { g-b: { address: 10.2.0.1, overlay: 10.99.0.2 } }
members: { ${(more.members ?? []).map((name) => `${name}: {}`).join(', ')} }
${more.rest ?? ''}`;

const crowd = ['anna', 'ben', 'cleo', 'dora', 'emil', 'fred'];

const asked = (yaml: string, name: string) =>
  Object.entries(project(linked(yaml), name).probes?.hosts?.asked ?? {}).map(
    ([host, { address }]) => `${host} ${address}`,
  );

const rules = ({ namespaces }: HostState, chain: string): readonly string[] =>
  namespaces.root?.nft?.items[0]?.chains
    .find(({ name }) => name === chain)
    ?.rules.map(({ match, verdict }) =>
      [...match.map(({ left, right }) => `${left} ${right}`), verdict].join(', '),
    ) ?? [];

describe('plain hosts behind a gateway', () => {
  test('three of them are asked by three of its peers, and by the gateway itself', () => {
    const yaml = file({ members: crowd });
    const askers = ['g-b', ...crowd].filter((name) => asked(yaml, name).length > 0);
    expect(askers).toHaveLength(3);
    const [first = ''] = askers;
    expect(asked(yaml, first)).toHaveLength(3);
    expect(asked(yaml, 'g-a')).toEqual(asked(yaml, first));
    // Whoever asks behind it asks the gateway itself as well.
    expect(Object.keys(project(linked(yaml), first).probes?.peers ?? {})).toEqual(['g-a']);
  });

  test('others are asked where the file names them, by name or address', () => {
    const yaml = file({ site: 'probe: [10.1.0.200, h5]' });
    expect(asked(yaml, 'g-b')).toEqual(['10.1.0.200 10.1.0.200', 'h5 10.1.0.15']);
  });

  test('a site without hosts and without a target has nobody to ask', () => {
    expect(asked(file({}).replace(/hosts: .*/, ''), 'g-b')).toEqual([]);
  });

  test('under a policy their probes pass by address and size, there and back', () => {
    const model = linked(file({ site: 'probe: 10.1.0.200', rest: 'policy: []' }));
    const sizes = 'meta length 113,1440, accept';
    const there = `ip saddr 10.99.0.2, ip daddr 10.1.0.200, icmp type echo-request, ${sizes}`;
    const back = `ip daddr 10.99.0.2, ip saddr 10.1.0.200, icmp type echo-reply, ${sizes}`;
    expect(rules(project(model, 'g-b'), 'output')).toContain(`oifname hw-t, ${there}`);
    expect(rules(project(model, 'g-b'), 'input')).toContain(`iifname hw-t, ${back}`);
    const forward = rules(project(model, 'g-a'), 'forward');
    expect(forward).toContain(`iifname hw-t, ${there}`);
    expect(forward).toContain(`oifname hw-t, ${back}`);
  });

  test('who is drawn anew, or no more, as others join, is among the affected', () => {
    const policy = { rest: 'policy: []' };
    for (const last of crowd) {
      const others = crowd.filter((name) => name !== last);
      const before = linked(file({ members: others, ...policy }));
      const after = linked(file({ members: crowd, ...policy }));
      const differ = ['g-b', ...others].filter(
        (name) =>
          JSON.stringify(project(before, name).probes) !==
          JSON.stringify(project(after, name).probes),
      );
      expect(affected(before, after)).toEqual(expect.arrayContaining(differ));
    }
  });
});
