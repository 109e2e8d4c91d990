import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate, assumeKeys, emptyFacts, type Ledger, sharedFamilies, trace } from '#compile';
import type { Network, Port } from '#spec';
import { bytesOf, missed } from './bytes.ts';
import { classesOf, disagreements, flowsOf } from './compare.ts';
import { loadText, modelOf, networkFrom, worldFrom } from './compiled.ts';
import { type Draft, networkOf } from './draft.ts';
import { applyEdit, type Edit, edits } from './edits.ts';
import { runs } from './effort.ts';
import { classText, namesOf, questionOf } from './exhaustive.ts';
import { brokenAmong, brokenIn } from './invariants.ts';
import { drafts, yamlOf } from './networks.ts';
import { localAddresses } from './routing.ts';
import { shuffled } from './shuffle.ts';
import { goOn, walkOn } from './walker.ts';
import { Terrain } from './world.ts';

/** Fails with what is wrong and the file it is wrong about. */
function nothingWrong(wrong: readonly string[], draft: Draft): void {
  if (wrong.length === 0) return;
  throw new Error([...wrong.slice(0, 5), 'in this network:', yamlOf(draft)].join('\n'));
}

const machines = (network: Network): string[] => [
  ...network.sites.flatMap((site) => [...site.gateways, ...site.nodes]).map((m) => m.name),
  ...network.members.map((m) => m.name),
];

const nth = (names: readonly string[], n: number | undefined): string[] =>
  n === undefined ? [] : names.slice(n, n + 1);

/** The n-th machine has not told its key yet, or none if there are fewer. */
const pending = fc.option(fc.nat(8), { nil: undefined, freq: 2 });

test('every state keeps the invariants', () => {
  const states = fc.property(drafts({ sites: 6 }), pending, (draft, n) => {
    const network = networkFrom(draft);
    const world = worldFrom(modelOf(network, emptyFacts, nth(machines(network), n)));
    const all = [...world.states.values()];
    nothingWrong([...all.flatMap(brokenIn), ...brokenAmong(network, world.states)], draft);
  });
  fc.assert(states, runs(80));
});

test('trace, packet walker and policy agree on every flow, its way and its counter', () => {
  const flows = fc.property(drafts(), pending, (draft, n) => {
    const network = networkFrom(draft);
    const model = modelOf(network, emptyFacts, nth(machines(network), n));
    const world = worldFrom(model);
    const terrain = new Terrain(world);
    const seen = [...flowsOf(model, world)];
    nothingWrong(
      seen.flatMap((flow) => disagreements(flow, network, terrain)),
      draft,
    );
  });
  fc.assert(flows, runs(60));
  // A limit for what hangs: it walks every flow of sixty networks, on whatever machine.
}, 300_000);

const compiled = (draft: Draft) => {
  const network = networkFrom(draft);
  return { network, terrain: new Terrain(worldFrom(modelOf(network))) };
};

/** Flows that fare otherwise than new ones in the same network, because they were there before. */
function differently(before: Terrain, after: Terrain, classes: readonly Port[]): string[] {
  const names = namesOf(after.world.network);
  return pairsOf(names).flatMap(([from, to]) =>
    classes.flatMap((port) => {
      const destination = localAddresses(after.party(to))[0];
      if (destination === undefined) return [];
      const question = questionOf(from, destination, port);
      const [fresh, old] = [walkOn(after, question), goOn(before, after, question)];
      if (fresh.verdict === old.verdict) return [];
      return [
        `${from} -> ${to} ${classText(port)}: ${fresh.verdict} if new, ${old.verdict} if it goes on`,
      ];
    }),
  );
}

const pairsOf = (names: readonly string[]): [string, string][] =>
  names.flatMap((a) => names.filter((b) => b !== a).map((b): [string, string] => [a, b]));

test('a flow that goes on after an edit of the policy fares as one that begins then', () => {
  const kinds = fc.constantFrom(
    'add-rule',
    'remove-rule',
    'change-ports',
    'no-policy',
    'new-policy',
  );
  const changes = fc.property(
    drafts({ sites: 3, members: 2 }),
    kinds,
    fc.nat(9),
    (draft, kind, n) => {
      const later =
        kind === 'new-policy' ? { ...draft, policy: [] } : applyEdit(draft, { kind, n });
      const [before, after] = [compiled(draft), compiled(later)];
      const classes = [...classesOf(before.network), ...classesOf(after.network)];
      nothingWrong(differently(before.terrain, after.terrain, classes), later);
    },
  );
  fc.assert(changes, runs(40));
});

test('a trace to a name is the trace to an address of that name', () => {
  const pairs = fc.property(drafts({ sites: 3, members: 2 }), (draft) => {
    const model = modelOf(networkFrom(draft));
    for (const [from, to] of pairsOf(namesOf(model.network))) {
      for (const family of sharedFamilies(model, from, to)) {
        const named = trace(model, from, to, { protocol: 'icmp' }, family);
        expect(trace(model, from, named.destination, { protocol: 'icmp' })).toEqual(named);
      }
    }
  });
  fc.assert(pairs, runs(40));
});

/** A network without the places and made-up names that only a file has. */
const bare = (network: Network): unknown =>
  JSON.parse(
    JSON.stringify(network, (key, value: unknown) => {
      if (key === 'place' || key === 'fields' || key === 'id') return undefined;
      return typeof value === 'bigint' ? value.toString() : value;
    }),
  );

test('a file means the same to its reader and to the model', () => {
  const files = fc.property(drafts(), (draft) => {
    expect(bare(networkFrom(draft))).toEqual(bare(networkOf(draft)));
  });
  fc.assert(files, runs(100));
});

test('the same network compiles to the same bytes, also from a shuffled file', () => {
  const files = fc.property(drafts({ sites: 6 }), fc.integer(), (draft, seed) => {
    const once = bytesOf(modelOf(networkFrom(draft)));
    expect(bytesOf(modelOf(networkFrom(draft)))).toEqual(once);
    expect(bytesOf(modelOf(networkFrom(shuffled(draft, seed))))).toEqual(once);
  });
  fc.assert(files, runs(60));
});

/** The network after an edit; undefined if the file would be refused. */
const edited = (draft: Draft, edit: Edit): Network | undefined =>
  loadText(yamlOf(applyEdit(draft, edit))).network;

const larger = drafts({ sites: 5, members: 4 });

test('whoever gets other bytes by an edit is among the affected', () => {
  const changes = fc.property(larger, edits, (draft, edit) => {
    const after = edited(draft, edit);
    fc.pre(after !== undefined);
    const a = modelOf(networkFrom(draft));
    const b = modelOf(after, { ...emptyFacts, ledger: a.inputs.ledger });
    nothingWrong(
      missed(a, b).map((what) => `${what} of ${edit.kind} ${edit.n}`),
      draft,
    );
  });
  fc.assert(changes, runs(160));
});

/** What the world may report about one machine, besides what the file says. */
const news = {
  'another key': (name: string) => ({
    keys: { [name]: { '0': Buffer.alloc(32, 7).toString('base64') } },
  }),
  'its first key': () => ({}),
  'being cut off': (name: string) => ({
    revoked: { [name]: { why: 'revoked' as const, at: '2026-01-01T00:00:00Z' } },
  }),
  'a smaller network': (name: string) => ({
    observations: { mtu: { [name]: 1300 }, endpoints: {} },
  }),
};

test.each(Object.entries(news))(
  'whoever gets other bytes by %s is among the affected',
  (what, facts) => {
    const changes = fc.property(larger, fc.nat(12), (draft, n) => {
      const network = networkFrom(draft);
      const all = machines(network);
      const name = all[n % Math.max(all.length, 1)] ?? '';
      const a = modelOf(network, emptyFacts, what === 'its first key' ? [name] : []);
      const b = modelOf(network, { ...emptyFacts, ledger: a.inputs.ledger, ...facts(name) });
      nothingWrong(
        missed(a, b).map((missing) => `${missing} of ${what} of ${name}`),
        draft,
      );
    });
    fc.assert(changes, runs(40));
  },
);

/** Addresses given before and after an edit, to a network that goes on. */
function allocatedTwice(
  draft: Draft,
  edit: Edit,
): { network: Network; before: Ledger; after: Ledger } {
  const network = edited(draft, edit);
  fc.pre(network !== undefined);
  const before = allocate(networkFrom(draft), emptyFacts.ledger, 1).ledger;
  return { network, before, after: allocate(network, before, 2).ledger };
}

test('what was given out stays: allocating again moves nobody', () => {
  const changes = fc.property(drafts({ sites: 6, members: 5 }), edits, (draft, edit) => {
    const { network, before, after } = allocatedTwice(draft, edit);
    expect(allocate(network, after, 3).ledger).toEqual(after);
    if (edit.kind === 'change-overlay') return;
    const stayed = Object.entries(before.addresses).filter(([name]) => name in after.addresses);
    for (const [name, addresses] of stayed) expect(after.addresses[name]).toEqual(addresses);
  });
  fc.assert(changes, runs(80));
});

test('no overlay address is given twice, and none that somebody had lately', () => {
  const changes = fc.property(drafts({ members: 5 }), edits, (draft, edit) => {
    const { before, after } = allocatedTwice(draft, edit);
    const given = Object.values(after.addresses).flat();
    expect(new Set(given).size).toBe(given.length);
    const lost = Object.values(before.addresses)
      .flat()
      .filter((address) => !given.includes(address));
    expect(Object.keys(after.tombstones).sort()).toEqual(lost.sort());
  });
  fc.assert(changes, runs(80));
});

test('a renamed machine keeps its address and its key', () => {
  const renames = fc.property(drafts({ sites: 2, members: 5 }), fc.nat(9), (draft, n) => {
    const edit: Edit = { kind: 'rename-and-keep', n };
    const { network, before, after } = allocatedTwice(draft, edit);
    const renamed = network.members.find((member) => member.was !== undefined);
    fc.pre(renamed !== undefined);
    expect(after.addresses[renamed.name]).toEqual(before.addresses[renamed.was ?? '']);
    const { keys } = assumeKeys(networkFrom(draft), emptyFacts);
    const later = assumeKeys(network, { ...emptyFacts, keys }).keys;
    expect(later[renamed.name]).toEqual(keys[renamed.was ?? '']);
  });
  fc.assert(renames, runs(60));
});
