import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import type { TestMachine } from './machine.ts';
import {
  type Attempt,
  answered,
  answeredInTime,
  described,
  inside,
  openPoliced,
  policed,
  type Talker,
  talkers,
} from './policy-world.ts';
import { applyBoth, packetsOf, space, statesOf } from './segment-world.ts';

const ports = ['icmp', 'tcp/7000', 'tcp/7001', 'udp/7000'] as const;

/** Everything that may cross the border. */
const attempts: readonly Attempt[] = talkers.flatMap((from) =>
  talkers
    .filter((to) => to.at !== from.at)
    .flatMap((to) =>
      ports.flatMap((port) => ([4, 6] as const).map((family) => ({ from, to, family, port }))),
    ),
);

interface Rule {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly ports: readonly string[];
}

/** What a selector means, as the documents have it. */
const means: Readonly<Record<string, (one: Talker) => boolean>> = {
  ...Object.fromEntries(talkers.map(({ name }) => [name, (one: Talker) => one.name === name])),
  first: ({ name }) => name.endsWith('-1'),
  'tag:t-knox-2': ({ name }) => name === 'knox-2',
  'site:knox-site': ({ at }) => at === 'knox',
  'segment:lab': () => true,
  '10.9.0.21/32': ({ name }) => name === 'pouta-1',
  all: () => true,
};

const covers = (selectors: readonly string[], one: Talker, family: 4 | 6): boolean =>
  selectors.some((text) => (family === 4 || !text.includes('/')) && means[text]?.(one));

/** By the words of the rules, and nothing of what is compiled from them. */
const allowedBy = (rules: readonly Rule[]): readonly string[] =>
  attempts
    .filter(({ from, to, family, port }) =>
      rules.some(
        (rule) =>
          covers(rule.from, from, family) &&
          covers(rule.to, to, family) &&
          (rule.ports.length === 0 ||
            rule.ports.some((one) => [port, port.split('/')[0]].includes(one.split('-')[0]))),
      ),
    )
    .map(described)
    .sort();

const selectors = fc.uniqueArray(fc.constantFrom(...Object.keys(means)), {
  minLength: 1,
  maxLength: 2,
});
const policies: fc.Arbitrary<readonly Rule[]> = fc.array(
  fc.record({
    from: selectors,
    to: selectors,
    ports: fc.uniqueArray(fc.constantFrom('icmp', 'tcp/7000', 'tcp', 'udp/7000-7005'), {
      maxLength: 2,
    }),
  }),
  { minLength: 1, maxLength: 3 },
);
const written = (rules: readonly Rule[]): string =>
  JSON.stringify(
    rules.map(({ ports: own, ...rule }) => (own.length ? { ...rule, ports: own } : rule)),
  );

/** Says every 50 ms what it was answered since. */
const talkative = (address: string): string => `let got = 0;
const s = require('node:net').connect(7000, '${address}', () => setInterval(() => s.write('x'), 50));
s.on('data', () => console.log('answered ' + ++got)).on('error', (e) => console.log(e.code));`;

suite('a policy inside a segment', { needs: ['root', 'netns', 'tun'] }, () => {
  let gateways: readonly [TestMachine, TestMachine];

  const apply = async (policy: string, mode?: 'bridge' | 'proxy'): Promise<void> => {
    await applyBoth(gateways, statesOf(policed(policy, mode), ...gateways));
  };
  const counted = (counter: string, family = 'inet'): number[] =>
    gateways.map((one) =>
      packetsOf(
        one.do(`ip netns exec ${space} nft list counter ${family} hawser-net-policy ${counter}`),
      ),
    );
  const of = ({ at }: Talker): TestMachine => gateways[at === 'knox' ? 0 : 1];
  /** Who is where is asked anew. */
  const forget = (): void => {
    for (const one of talkers) of(one).do(`ip netns exec ${one.netns} ip neigh flush all`);
  };
  const everything = '[{ from: all, to: all }]';

  beforeAll(async () => {
    gateways = await openPoliced();
    await apply(everything);
    const all = attempts.filter(({ port }) => port === 'icmp');
    await until('all reach each other', async () => {
      const found = await answered(gateways, all);
      return found.length === all.length;
    });
  }, 60_000);

  afterAll(async () => {
    await Promise.all((gateways ?? []).map((one) => one.close()));
  });

  test('lets all that it allows pass, both ways, and nothing else, whatever it says', async () => {
    for (const rules of fc.sample(policies, { seed: 7, numRuns: 4 })) {
      await apply(written(rules));
      const allowed = allowedBy(rules);
      const found = await answeredInTime(gateways, attempts, allowed);
      expect(found, written(rules)).toEqual(allowed);
    }
  }, 60_000);

  test('in proxy mode as well, where what passes is routed', async () => {
    const [rules = []] = fc.sample(policies, { seed: 3, numRuns: 1 });
    await apply(written(rules), 'proxy');
    forget();
    const icmp = attempts.filter(({ port }) => port === 'icmp');
    const allowed = allowedBy(rules);
    const found = await answeredInTime(gateways, attempts, allowed);
    expect(found, written(rules)).toEqual(allowed);
    await apply(everything);
    forget();
    await until('all reach each other again', async () => {
      const found = await answered(gateways, icmp);
      return found.length === icmp.length;
    });
  }, 60_000);

  test('ends the flows that it no longer allows, and lets go on the others', async () => {
    const [one, , other, another] = talkers;
    await apply(everything);
    const open = [
      of(one).box.start(inside(one, ['-e', talkative(other.address)])),
      of(other).box.start(inside(other, ['-e', talkative(one.address)])),
      of(one).box.start(inside(one, ['-e', talkative(another.address)])),
    ];
    const heard = () => open.map(({ output }) => output().length);
    await until('all are answered', () => heard().every((length) => length > 0));
    await apply('[{ from: knox-1, to: pouta-2 }]');
    const before = heard();
    const refused = counted('deny');
    await until('both gateways refuse', () =>
      counted('deny').every((count, index) => count > (refused[index] ?? 0)),
    );
    await until('one goes on', () => (heard()[2] ?? 0) > (before[2] ?? 0) + 50);
    expect(heard().slice(0, 2)).toEqual(before.slice(0, 2));
  }, 30_000);

  test.each(['bridge', 'proxy'] as const)(
    'lets flows go on, there and back, whose gateways forgot them with the namespace of the segment, in %s mode',
    async (mode) => {
      const [one, , other] = talkers;
      const policy = '[{ from: knox-1, to: pouta-1, ports: [tcp/7000] }]';
      await apply(policy, mode);
      forget();
      const open = [other.address, other.address6].map((address) =>
        of(one).box.start(inside(one, ['-e', talkative(address)])),
      );
      const goOn = async (): Promise<void> => {
        const before = open.map(({ output }) => output().length);
        await until('both go on', () =>
          open.every(({ output }, index) => output().length > (before[index] ?? 0) + 50),
        );
      };
      await goOn();
      for (const gateway of gateways) {
        gateway.do(`ip netns exec ${space} ip link set dev eth1 netns /proc/1/ns/net`);
        gateway.do(`ip netns del ${space}`);
        await apply(policy, mode);
        await goOn();
      }
      expect(open.map(({ output }) => output()).join()).not.toMatch(/^E/m);
      await apply(everything);
      forget();
    },
    90_000,
  );

  test('lets nothing pass where connection tracking does not see what is bridged', async () => {
    await apply(everything);
    const [first] = gateways;
    const set = (value: number): string =>
      first.do(`ip netns exec ${space} sysctl -qw net.bridge.bridge-nf-call-iptables=${value}`);
    set(0);
    const four = attempts.filter(({ family, port }) => family === 4 && port === 'icmp');
    expect(await answered(gateways, four)).toEqual([]);
    expect(counted('unguarded', 'bridge')[0]).toBeGreaterThan(0);
    set(1);
    await until(
      'all answer again',
      async () => (await answered(gateways, four)).length === four.length,
    );
  }, 30_000);
});
