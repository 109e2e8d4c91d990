import { describe, expect, test } from 'vitest';
import { affected } from './affected.ts';
import { emptyFacts, type Facts, formatPlan, type Plan, plan, sharedFacts } from './index.ts';
import { assumeKeys, link } from './link.ts';
import type { Model } from './model.ts';
import { linked, networkOf } from './testing.ts';

const textOf = (before: Model, after: Model): string =>
  formatPlan(plan(before, after), before, after);

const file = (extra = '', policy = ''): string => `
version: 1
network: t
overlay: 10.99.0.0/24
topology: mesh
sites:
  a:
    subnets: [10.1.0.0/24]
    gateways: { ga: { endpoint: "203.0.113.1:51820", address: 10.1.0.1, overlay: 10.99.0.1 } }
    hosts: { ha: { address: 10.1.0.10 } }
  b:
    subnets: [10.2.0.0/24]
    gateways: { gb: { endpoint: "203.0.113.2:51820", address: 10.2.0.1, overlay: 10.99.0.2 } }
members:
  lap: { hub: a, managed: false, overlay: 10.99.0.9 }
${extra}
${policy}`;

const late = '  late: { hub: a, overlay: 10.99.0.20 }';

describe('who a change affects', () => {
  test('nobody, if nothing changed', () => {
    expect(affected(linked(file()), linked(file()))).toEqual([]);
  });

  test('the hub, the core and the member itself, when a member joins', () => {
    expect(affected(linked(file()), linked(file(late)))).toEqual(['ga', 'gb', 'late']);
  });

  test('the member and its hub only, when a member changes how it keeps alive', () => {
    const after = file(late.replace('}', ', keepalive: 10 }'));
    expect(affected(linked(file(late)), linked(after))).toEqual(['ga', 'late']);
  });

  test('not those who filter what it sends, as long as its addresses stay', () => {
    const policy = 'policy: [{ from: [all], to: [all], ports: [tcp/22] }]';
    const after = file(late.replace('}', ', keepalive: 10 }'), policy);
    expect(affected(linked(file(late, policy)), linked(after))).toEqual(['ga', 'late']);
  });

  test('those who filter for whom somebody else may send now', () => {
    const policy = 'policy: [{ from: [late], to: [ha], ports: [tcp/22] }]';
    const after = file(late.replace('10.99.0.20', '10.99.0.21'), policy);
    expect(affected(linked(file(late, policy)), linked(after))).toContain('ga');
  });
});

describe('a plan', () => {
  test('that changes nothing says so', () => {
    expect(textOf(linked(file()), linked(file()))).toBe('No changes.\n');
  });

  test('says what each machine will do and who joins', () => {
    const text = textOf(linked(file()), linked(file(late)));
    expect(text).toContain('late joins the network');
    expect(text).toMatch(/ga:\n(.*\n)* {2}add peer late/);
  });

  test('says that a machine leaves which was cut off before, and that it joins when it is back', () => {
    const revoked = { late: { why: 'expired', at: '2026-11-27T00:00:00Z' } } as const;
    const of = (text: string): Model => {
      const network = networkOf(text);
      const keys = assumeKeys(network, emptyFacts);
      return link({ ...keys, revoked, network, epoch: 'test', rev: 1 });
    };
    const [before, after] = [of(file(late)), of(file())];
    const ofLate = (found: Plan) => found.machines.filter(({ machine }) => machine === 'late');
    expect(ofLate(plan(before, after))).toEqual([{ machine: 'late', what: 'leaves', changes: [] }]);
    expect(ofLate(plan(after, before))).toEqual([{ machine: 'late', what: 'joins', changes: [] }]);
  });

  test('names pairs newly denied and newly allowed', () => {
    const narrow = file('', 'policy: [{ from: [lap], to: [ha], ports: [tcp/22] }]');
    const { access } = plan(linked(file()), linked(narrow));
    const denied = access.map(({ from, to, port }) => `${from} ${to} ${port}`);
    expect(denied).toContain('gb ha icmp');
    expect(denied).toContain('lap ha icmp');
    expect(denied).not.toContain('lap ha tcp/22');
    expect(denied).not.toContain('ga ha icmp');
    const back = plan(linked(narrow), linked(file())).access;
    expect(back.every((change) => change.after === 'allow')).toBe(true);
    expect(back).toHaveLength(access.length);
  });

  test('tells ranges of ports as the policy means them', () => {
    const ports = (text: string) =>
      linked(file('', `policy: [{ from: [lap], to: [ha], ports: [${text}] }]`));
    const { access } = plan(ports('tcp/22'), ports('tcp/22-30, udp'));
    expect(access.map(({ from, to, port }) => `${from} ${to} ${port}`)).toEqual([
      'lap ha tcp/23-30',
      'lap ha udp',
    ]);
  });

  test('tells which exports go stale', () => {
    const moved = file().replace('203.0.113.1:51820', '203.0.113.7:51820');
    expect(plan(linked(file()), linked(moved)).staleExports).toEqual(['lap']);
    expect(plan(linked(file()), linked(file(late))).staleExports).toEqual([]);
  });

  test.each([
    ['the key of its peer', `ga: {`, `ga: { key: "${'A'.repeat(42)}E=",`],
    ['where its peer is', '203.0.113.1:51820', '203.0.113.7:51820'],
    ['the port of its peer', '203.0.113.1:51820', '203.0.113.1:51999'],
    ['its own port', 'managed: false', 'managed: false, port: 51999'],
    ['its own address', '10.99.0.9', '10.99.0.19'],
    ['its own key', 'managed: false', `managed: false, key: "${'A'.repeat(42)}E="`],
    ['how it keeps alive', 'managed: false', 'managed: false, keepalive: 7'],
    ['what lies behind the sites', '[10.2.0.0/24]', '[10.2.0.0/23]'],
    ['through whom it goes', 'hub: a, managed', 'hub: b, managed'],
  ])('tells that an export goes stale where %s changes', (_, from, to) => {
    const after = file().replace(from, to);
    expect(after).not.toBe(file());
    expect(plan(linked(file()), linked(after)).staleExports).toEqual(['lap']);
  });

  test('tells whom it cuts off at another time, though nothing changes on machines yet', () => {
    const until = (day: string) => linked(file(late.replace('}', `, expires: ${day} }`)));
    expect(textOf(linked(file(late)), until('2031-01-31'))).toBe(
      'Members with another end:\n  late: is cut off at 2031-02-01T00:00:00.000Z\n',
    );
    expect(textOf(until('2031-01-31'), linked(file(late)))).toContain('late: has no end any more');
    expect(textOf(until('2031-01-31'), until('2031-01-31'))).toBe('No changes.\n');
  });

  test('tells of no export where only others see the change', () => {
    const after = file(late, 'policy: [{ from: [late], to: [ha] }, { from: [lap], to: [all] }]');
    expect(plan(linked(file(late)), linked(after)).staleExports).toEqual([]);
  });

  test('warns of what interrupts: another key begins a session anew', () => {
    const key = `${'A'.repeat(42)}E=`;
    const after = linked(file().replace('gb: { endpoint', `gb: { key: "${key}", endpoint`));
    const { blinks } = plan(linked(file()), after);
    expect(blinks.map((blink) => blink.machine)).toContain('ga');
  });

  test('says what each change costs, where it costs anything', () => {
    const text = textOf(linked(file(late)), linked(file()));
    expect(text).toMatch(/ga:\n(.*\n)* {2}remove peer late of hw-t \[outage\]\n/);
    expect(textOf(linked(file()), linked(file(late)))).not.toContain('[none]');
  });

  test('names tests that fail now, and not those that failed before', () => {
    const test = 'tests: [{ from: lap, to: ha, port: tcp/22, expect: allow }]';
    const [open, narrow] = [linked(file('', test)), linked(file('', `policy: []\n${test}`))];
    expect(textOf(open, narrow)).toContain(
      'Tests that fail now:\n  lap -> ha tcp/22: expected allow, found deny\n',
    );
    expect(plan(narrow, narrow).failingTests).toEqual([]);
  });

  test('of two networks is none', () => {
    const other = linked(file().replace('network: t', 'network: u'));
    expect(() => plan(linked(file()), other)).toThrow(/the other file is t/);
  });
});

describe('machines that come and go', () => {
  const more = (hosts: string): string =>
    file('groups: { both: [ha, lap] }').replace('ha: {', `${hosts}, ha: {`);

  test('hosts are told with whom they reach, in words of the file, and all alike at once', () => {
    const [before, after] = [linked(file()), linked(more('"n[1-9]": { address: 10.1.0.[21-29] }'))];
    const text = textOf(before, after);
    expect(
      text,
    ).toContain(`n1, n2, n3, n4, n5 and 4 more join the network (host of a, routes: manual):
  may reach all
  may be reached by all`);
    expect(plan(after, before).presences).toMatchObject([{ what: 'leaves', kind: 'host' }]);
    expect(textOf(after, before)).toMatch(/4 more leave the network[^]*was reached by all/);
  });

  test('a policy shows in whom they reach', () => {
    const policy = 'policy: [{ from: [late], to: [ha, lap], ports: [tcp/22] }]';
    const groups = 'groups: { both: [ha, lap] }';
    const before = linked(file('', `${groups}\npolicy: [{ from: [lap], to: [ha] }]`));
    const [found] = plan(before, linked(file(late, `${groups}\n${policy}`))).presences;
    expect(found).toMatchObject({
      machines: ['late'],
      kind: 'member',
      reaches: [{ who: ['both'], ports: ['tcp/22'] }],
      reachedBy: [],
    });
  });

  test('one that changes its name neither comes nor goes', () => {
    const after = linked(file().replace('  lap: { ', '  tablet: { was: lap, '));
    expect(textOf(linked(file()), after)).toContain('lap is tablet from then on');
    expect(textOf(after, linked(file()))).toContain('tablet is lap from then on');
    expect(textOf(after, linked(file()))).not.toContain('lap joins');
    const { presences, machines, access } = plan(linked(file()), after);
    expect(presences).toEqual([]);
    expect(access).toEqual([]);
    expect(machines.map(({ what }) => what)).not.toContain('joins');
  });
});

test('a machine whose address the file gives to another is told to move', () => {
  const free = file().replace(', overlay: 10.99.0.9', '');
  const taken = `${free.trimEnd()}\n  new: { hub: a, overlay: 10.99.0.3 }\n`;
  const [before, after] = [linked(free), linked(taken)];
  expect(plan(before, after).displaced).toEqual([
    { machine: 'lap', address: '10.99.0.3', to: ['10.99.0.4'], by: 'new' },
  ]);
  expect(textOf(before, after)).toContain('lap: 10.99.0.3 becomes 10.99.0.4');
  expect(plan(before, linked(free)).displaced).toEqual([]);
});

describe('routes that people set', () => {
  test('are told as lines to type, those to remove first', () => {
    const moved = file().replaceAll('10.2.0.', '10.3.0.');
    expect(plan(linked(file()), linked(moved)).manual).toEqual([
      {
        host: 'ha',
        lines: [
          'ip route del 10.2.0.0/24 via 10.1.0.1',
          'ip route replace 10.3.0.0/24 via 10.1.0.1',
        ],
      },
    ]);
  });

  test('of many hosts alike are told once', () => {
    const many = file().replace(
      'ha: { address: 10.1.0.10 }',
      '"h[1-9]": { address: 10.1.0.[11-19] }',
    );
    const text = textOf(linked(many), linked(many.replaceAll('10.2.0.', '10.3.0.')));
    expect(text).toContain('  on h1, h2, h3, h4, h5 and 4 more:\n    ip route del 10.2.0.0/24');
  });
});

test('a host whose routes an agent sets from now on has them told, and its old ones to remove', () => {
  const byAgent = file().replace('address: 10.1.0.10 }', 'address: 10.1.0.10, routes: agent }');
  const text = textOf(linked(file()), linked(byAgent));
  expect(text).toContain('ha (from now on set by an agent):\n  add route 10.2.0.0/24');
  expect(text).toContain('ip route del 10.2.0.0/24 via 10.1.0.1');
  expect(textOf(linked(byAgent), linked(file()))).toContain('ha (no longer set by an agent):');
});

describe('keys that are not known', () => {
  const facts = (keys: Facts['keys']): Facts => ({ ...emptyFacts, keys });
  const key = `${'A'.repeat(42)}E=`;
  const both = (a: Facts, b: Facts, yaml = file()) => {
    const before = { network: networkOf(file()), facts: a };
    const after = { network: networkOf(yaml), facts: b };
    return [
      linked(file(), sharedFacts(before, after)),
      linked(yaml, sharedFacts(after, before)),
    ] as const;
  };

  test('to one of the two files are no change', () => {
    const known = facts({ gb: { '0': key } });
    expect(textOf(...both(known, emptyFacts))).toBe('No changes.\n');
    expect(textOf(...both(emptyFacts, known))).toBe('No changes.\n');
  });

  test('are told as whose they are, never made up', () => {
    const text = textOf(...both(emptyFacts, emptyFacts, file('  far: { overlay: 10.99.0.30 }')));
    expect(text).toContain('publicKey <key of far>');
    expect(text).not.toMatch(/[\w+/]{43}=/);
  });
});

test('access of very many machines is told in words of the file', () => {
  const members = Array.from({ length: 80 }, (_, i) => `  m${i}: { tags: [t${i % 2}] }`).join('\n');
  const open = (policy: string): Model => linked(file(members, `policy: ${policy}`));
  const before = open('[{ from: m1, to: ha, ports: [tcp/22] }]');
  const after = open(
    '[{ from: m1, to: ha, ports: [tcp/22] }, { from: "tag:t0", to: "site:a", ports: [tcp/80] }]',
  );
  expect(textOf(before, after)).toContain('Newly allowed:\n  tag:t0 -> site:a tcp/80\n');
  expect(textOf(after, before)).toContain('Newly denied:\n  tag:t0 -> site:a tcp/80\n');
});

test('a plan of very many machines says how many it leaves out', () => {
  const many = Array.from({ length: 60 }, (_, i) => `  m${i}: { managed: true }`).join('\n');
  const moved = file(many).replace('overlay: 10.99.0.0/24', 'overlay: 10.98.0.0/24');
  const text = textOf(linked(file(many)), linked(moved.replaceAll('10.99.0.', '10.98.0.')));
  expect(text).toMatch(/and \d+ more machines; --json has all/);
  expect(text.split('\n').length).toBeLessThan(800);
});
