import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Model, trace } from '#compile';
import type { Port } from '#spec';
import { contains, familyOf } from './address.ts';
import { loadText, modelOf } from './compiled.ts';
import { portOf } from './draft.ts';
import { runs } from './effort.ts';

interface EntrySeed {
  readonly to?: string;
  readonly internet?: true;
  readonly ports?: readonly string[];
}

interface Seed {
  readonly dual: boolean;
  readonly both: boolean;
  readonly ends: readonly (4 | 6)[];
  readonly external: boolean;
  readonly snat: boolean;
  readonly egress: readonly EntrySeed[];
  readonly forwarded: boolean;
}

const name = 'proxy.example.org';
const ends = { 4: ['10.5.0.2', '10.5.0.1'], 6: ['fd05::2', 'fd05::1'] } as const;
/** Of the wide one a part is loopback; one is a part of another. */
const ranges = [
  '10.254.0.1/32',
  '198.51.100.0/24',
  '198.51.100.128/25',
  '126.0.0.0/7',
  '2001:db8:254::/48',
  '2001:db8:254::7/128',
];
const entryPorts = ['icmp', 'tcp/22', 'tcp/8000-8100', 'udp/53', 'udp/53-54'];

const entry: fc.Arbitrary<EntrySeed> = fc.record(
  {
    to: fc.constantFrom(...ranges, ...ranges, name),
    ports: fc.subarray(entryPorts, { minLength: 1 }),
  },
  { requiredKeys: ['to'] },
);
const internet: fc.Arbitrary<EntrySeed> = fc.record(
  { internet: fc.constant(true as const), ports: fc.subarray(entryPorts, { minLength: 1 }) },
  { requiredKeys: ['internet'] },
);

const seeds: fc.Arbitrary<Seed> = fc.record({
  dual: fc.boolean(),
  both: fc.boolean(),
  ends: fc.constantFrom<readonly (4 | 6)[]>([4], [6], [4, 6], [4, 6]),
  external: fc.nat(3).map((n) => n === 0),
  snat: fc.boolean(),
  egress: fc
    .tuple(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.option(internet, { freq: 4 }))
    .map(([some, all]) => (all ? [...some, all] : some)),
  forwarded: fc.boolean(),
});

const isRange = (to: string): boolean => to.includes('/');

/** The families by which something can leave: of one of others those by which it is found. */
const familiesOf = ({ dual, ends: own, external }: Seed): readonly (4 | 6)[] =>
  external ? (dual ? [4, 6] : [4]) : own;

/** Those that such a router may have; one at least. */
function entriesOf(seed: Seed): readonly EntrySeed[] {
  const families = familiesOf(seed);
  const some = seed.egress.filter(
    ({ to }) => to === undefined || !isRange(to) || families.includes(familyOf(to)),
  );
  if (some.length > 0) return some;
  return [{ to: families.includes(4) ? '10.254.0.1/32' : '2001:db8:254::7/128' }];
}

const hostAt = (seed: Seed, s: number, last: number) => ({
  segment: `seg${s}`,
  address: [`172.20.${s}.${last}`, ...(seed.dual ? [`fd20:${s}::${last}`] : [])],
  mac: `02:00:00:00:0${s}:${last}`,
});

const segmentOf = (seed: Seed, s: number) => ({
  vni: 70 + s,
  subnet: [`172.20.${s}.0/24`, ...(seed.dual ? [`fd20:${s}::/64`] : [])],
  router: [`172.20.${s}.1`, ...(seed.dual ? [`fd20:${s}::1`] : [])],
  sites: Object.fromEntries(
    [10, 20].map((last, i) => [
      `s${i}`,
      {
        pool: [
          `172.20.${s}.${last}-172.20.${s}.${last + 9}`,
          ...(seed.dual ? [`fd20:${s}::${last}-fd20:${s}::${last + 9}`] : []),
        ],
        port: `eth${s}`,
      },
    ]),
  ),
});

function fileOf(seed: Seed): string {
  const own = seed.ends.map((family) => ends[family]);
  const uplink = {
    address: own.map(([address]) => (address.includes(':') ? `${address}/64` : `${address}/24`)),
    via: own.map(([, via]) => via),
  };
  const targets = seed.ends.filter((family) => family === 4 || seed.dual).map((f) => forwardTo[f]);
  const router = {
    site: 's0',
    segments: seed.both ? ['seg0', 'seg1'] : ['seg0'],
    egress: entriesOf(seed),
    snat: seed.snat,
    ...(seed.external ? { external: true, namespace: 'qrouter-1' } : { uplink }),
    ...(seed.forwarded &&
      !seed.external &&
      targets.length > 0 && {
        forwards: targets.map((to) => ({ port: 'tcp/2222', to, target: 22 })),
      }),
  };
  const site = (i: number) => ({
    gateways: { [`g${i}`]: { endpoint: `192.0.2.${i + 1}:51820` } },
    hosts: Object.fromEntries(
      [0, 1].map((s) => [`h${s}-${i}`, hostAt(seed, s, i === 0 ? 10 : 20)]),
    ),
  });
  return stringify({
    version: 1,
    network: 'net',
    overlay: '10.0.0.0/24',
    sites: { s0: site(0), s1: site(1) },
    segments: { seg0: segmentOf(seed, 0), seg1: segmentOf(seed, 1) },
    routers: { way: router },
  });
}

const forwardTo = { 4: '172.20.0.20', 6: 'fd20:0::20' } as const;

/** At both ends of what is listed and beyond; inside; and loopback. */
const targets = [
  ...['10.254.0.1', '10.254.0.2', '198.51.99.255', '198.51.100.0', '198.51.100.127'],
  ...['198.51.100.128', '198.51.100.255', '198.51.101.0', '125.255.255.255', '126.0.0.0'],
  ...['127.0.0.1', '127.255.255.255', '128.0.0.0', '8.8.8.8', '10.0.0.1', '10.0.0.77'],
  ...['2001:db8:253:ffff::1', '2001:db8:254::', '2001:db8:254::7', '2001:db8:254:ffff::'],
  ...['2001:db8:255::', '2a00::1', 'fd99::1'],
];

/** By a name that no list has nobody can be asked for. */
const targetsOf = (seed: Seed): readonly string[] =>
  entriesOf(seed).some(({ to }) => to === name) ? [...targets, name] : targets;

const asked: readonly Port[] = [
  ...['icmp', 'tcp/22', 'tcp/7999', 'tcp/8000', 'tcp/8100', 'tcp/8101'],
  ...['udp/52', 'udp/53', 'udp/54', 'udp/55', 'tcp/53', 'tcp/54'],
].map(portOf);

const covers = (ports: readonly string[] | undefined, port: Port): boolean =>
  !ports ||
  ports
    .map(portOf)
    .some((one) =>
      one.protocol === 'icmp' || port.protocol === 'icmp'
        ? one.protocol === port.protocol
        : one.protocol === port.protocol && one.first <= port.first && port.last <= one.last,
    );

const neverOut = ['127.0.0.0/8', '10.0.0.0/24', '172.20.0.0/23'];

/** By the words of the file, whatever is compiled. */
function meant(seed: Seed, target: string, port: Port): boolean {
  const listed = entriesOf(seed).filter(({ ports }) => covers(ports, port));
  if (target === name) return listed.some(({ to, internet: all }) => to === name || all);
  const family = familyOf(target);
  if (neverOut.some((range) => familyOf(range) === family && contains(range, target))) return false;
  if (family === 6 && !seed.dual) return false;
  if (!familiesOf(seed).includes(family)) return false;
  return listed.some(
    ({ to, internet: all }) =>
      all ?? (to !== undefined && isRange(to) && familyOf(to) === family && contains(to, target)),
  );
}

const said = (port: Port): string =>
  port.protocol === 'icmp' ? 'icmp' : `${port.protocol}/${port.first}`;

function modelFrom(seed: Seed): Model {
  const { network, diagnostics } = loadText(fileOf(seed));
  if (!network)
    throw new Error(`${diagnostics.map(({ message }) => message).join('\n')}\n${fileOf(seed)}`);
  return modelOf(network);
}

function nothingWrong(wrong: readonly string[], seed: Seed): void {
  if (wrong.length > 0) throw new Error([...wrong.slice(0, 5), 'by:', fileOf(seed)].join('\n'));
}

const senders = (seed: Seed): readonly string[] => ['h0-0', 'h0-1', ...(seed.both ? ['h1-1'] : [])];

test('a router lets out what the words of its list say and nothing else, from the address that they say', () => {
  const leaving = fc.property(seeds, (seed) => {
    const model = modelFrom(seed);
    const wrong = senders(seed).flatMap((from) =>
      targetsOf(seed).flatMap((to) =>
        asked.flatMap((port) => {
          const { verdict, reason, hops, source } = trace(model, from, to, port);
          const wanted = meant(seed, to, port);
          const what = `${from} -> ${to} ${said(port)}: ${verdict}, ${reason}`;
          if ((verdict === 'allow') !== wanted) return [what];
          if (!wanted || seed.external) return [];
          const [own] = ends[source.includes(':') ? 6 : 4];
          const seen = hops.at(-1)?.source;
          return seen === (seed.snat ? own : source) ? [] : [`${what}, from ${seen}`];
        }),
      ),
    );
    nothingWrong(wrong, seed);
  });
  fc.assert(leaving, runs(25));
});

test('a router lets in what its forwards say, and answers pings from inside alone', () => {
  const coming = fc.property(seeds, (seed) => {
    fc.pre(!seed.external);
    const model = modelFrom(seed);
    const wrong = seed.ends.flatMap((family) =>
      [...asked, portOf('tcp/2222'), portOf('udp/2222')].flatMap((port) => {
        const [to] = ends[family];
        const isForwarded =
          seed.forwarded && (family === 4 || seed.dual) && said(port) === 'tcp/2222';
        const inward = trace(model, 'g0', to, port);
        const what = `g0 -> ${to} ${said(port)}: ${inward.verdict} ${inward.to}, ${inward.reason}`;
        const leads = inward.verdict === 'allow' && inward.to === 'h0-1';
        const own = trace(model, 'h0-1', to, port);
        const answers = port.protocol === 'icmp' && (family === 4 || seed.dual);
        return [
          ...(leads === isForwarded && (leads || inward.verdict === 'deny') ? [] : [what]),
          ...((own.verdict === 'allow') === answers ? [] : [`h0-1 -> ${to}: ${own.reason}`]),
        ];
      }),
    );
    nothingWrong(wrong, seed);
  });
  fc.assert(coming, runs(40));
});

test('segments of one router reach each other, and no others', () => {
  const between = fc.property(seeds, (seed) => {
    const model = modelFrom(seed);
    for (const [from, to] of [
      ['h0-1', 'h1-0'],
      ['h1-1', 'h0-0'],
    ] as const) {
      for (const port of asked) {
        expect(trace(model, from, to, port).verdict === 'allow').toBe(seed.both);
      }
    }
  });
  fc.assert(between, runs(20));
});
