import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryReader } from './fixtures/memory.ts';
import { loadNetwork } from './load.ts';
import type { Network } from './network.ts';
import { addMember, removeKey, removeMachine, setExpires } from './patch.ts';

const file = 'net.yaml';

function read(source: string): Network {
  const { network, diagnostics } = loadNetwork(file, memoryReader({ [file]: source }));
  if (!network) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return network;
}

const names = (network: Network): readonly string[] => network.members.map(({ name }) => name);

const head = 'version: 1\nnetwork: net\noverlay: 10.0.0.0/24\n';

/** Ways in which people write the members of a file. */
const files: Readonly<Record<string, string>> = {
  'no members': head,
  'no members and no last line end': head.trimEnd(),
  'empty braces': `${head}members: {}\n`,
  'empty braces with a word': `${head}members: { } # nobody yet\ngroups: {}\n`,
  nothing: `${head}members:\n`,
  'nothing with a word': `${head}members: # nobody yet\n\ntopology: mesh\n`,
  braces: `${head}members: { anna: { tags: [people] }, bob: {} } # two\ntests: []\n`,
  'braces over lines': `${head}members: {\n  anna: {}, # one\n  bob: {},\n}\n`,
  block: `${head}members:\n  anna: { tags: [people] } # one\n  # two\n  bob:\n    tags:\n      - people\n\n# the end\n`,
  'block, indented otherwise': `${head}members:\n      anna: {}\n      bob:\ntopology: mesh\n`,
  'block that ends the file': `${head}members:\n  anna:\n    tags: [people]\n  bob: {}`,
  'block with texts': `${head}members:\n  anna: {}\n  bob:\n    mtu: 1400\n    tags: >-\n      people\n\ntopology: mesh\n`,
  'a range before': `${head}sites:\n  s:\n    subnets: [192.168.1.0/24]\n    gateways: { g: { endpoint: "192.0.2.1:1", address: 192.168.1.1 } }\n    hosts: { h-[1-2]: { address: 192.168.1.[11-12] } }\nmembers:\n  anna: {}\n  bob: {}\n`,
  'one pair of braces': `{ version: 1, network: net, overlay: 10.0.0.0/24, members: { anna: {}, bob: {} } }\n`,
  'Windows line ends': `${head}members:\n  anna: {}\n  bob: {}\n`.replaceAll('\n', '\r\n'),
};

/** How many characters two texts have alike, from their beginnings and from their ends. */
function same(a: string, b: string): number {
  const least = Math.min(a.length, b.length);
  const indices = Array.from({ length: least }, (_, i) => i);
  const first = indices.find((i) => a[i] !== b[i]) ?? least;
  const last = indices.find((i) => a.at(-1 - i) !== b.at(-1 - i)) ?? least;
  return first + last;
}

describe.each(Object.entries(files))('members written as %s', (_, source) => {
  test('take one more, and nothing else changes', () => {
    const text = addMember(file, source, { name: 'zoe', tags: ['guest', 'people'] });
    const before = read(source);
    const after = read(text);
    expect(names(after)).toEqual([...names(before), 'zoe'].sort());
    expect(after.members.find(({ name }) => name === 'zoe')?.tags).toEqual(['guest', 'people']);
    expect(after.sites.length).toBe(before.sites.length);
    expect(same(source, text)).toBeGreaterThanOrEqual(source.length);
  });

  test.each(['anna', 'bob'])('lose %s, and nothing else changes', (name) => {
    const network = read(source);
    const member = network.members.find((one) => one.name === name);
    if (!member) return;
    const text = removeMachine(file, source, { name, place: member.place });
    const after = read(text);
    expect(names(after)).toEqual(names(network).filter((one) => one !== name));
    for (const host of network.sites.flatMap(({ hosts }) => hosts)) {
      expect(after.sites.flatMap(({ hosts }) => hosts.map((one) => one.name))).toContain(host.name);
    }
  });

  test('who was added can be taken out again', () => {
    const text = addMember(file, source, { name: 'zoe', tags: [] });
    const member = read(text).members.find(({ name }) => name === 'zoe');
    const back = removeMachine(file, text, { name: 'zoe', place: member?.place });
    expect(names(read(back))).toEqual(names(read(source)));
  });
});

test('any number of machines come and go in any order', () => {
  const name = fc.constantFrom('anna', 'bob', '1e5', 'true', 'null', 'no', 'x');
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(files)), fc.array(name), (source, moves) => {
      let text = source;
      const there = new Set(names(read(source)));
      for (const one of moves) {
        const member = read(text).members.find((known) => known.name === one);
        text = member
          ? removeMachine(file, text, { name: one, place: member.place })
          : addMember(file, text, { name: one, tags: ['no', 'guest'] });
        if (member) there.delete(one);
        else there.add(one);
        expect(names(read(text))).toEqual([...there].sort());
      }
    }),
    { numRuns: 200 },
  );
});

test('a gateway is taken out where it stands', () => {
  const source = `${head}sites:\n  s:\n    subnets: [192.168.1.0/24]\n    gateways:\n      a: { endpoint: "192.0.2.1:1", address: 192.168.1.1 }\n      # the second\n      b: { endpoint: "192.0.2.2:1", address: 192.168.1.2 }\n`;
  const [, b] = read(source).sites[0]?.gateways ?? [];
  const text = removeMachine(file, source, { name: 'b', place: b?.place });
  expect(text).toBe(source.replace(/ {6}b: .*\n/, ''));
});

test.each([
  ['one of a range', `${head}sites:\n  s:\n    hosts: { h-[1-2]: {} }\n`, 'h-1', 6],
  ['somewhere else', `${head}members: { anna: {} }\n`, 'anna', 1],
])('a machine that is %s is not taken out', (_, source, name, line) => {
  const place = { file, line, column: 14 };
  expect(() => removeMachine(file, source, { name, place })).toThrow(
    /stand(s)? there|written there/,
  );
});

test.each(['members: *them', 'members: [anna]', 'members: anna'])(
  'nobody is added to a file that says %s',
  (line) => {
    const add = (): string => addMember(file, `${head}${line}\n`, { name: 'zoe', tags: [] });
    expect(add).toThrow('cannot be changed here');
  },
);

const key = Buffer.alloc(32, 7).toString('base64');

test.each([
  ['between others', `a: { mtu: 1400, key: "${key}", tags: [x] }`, 'a: { mtu: 1400, tags: [x] }'],
  ['alone', `a: { key: "${key}" } # one`, 'a: {} # one'],
  ['in a block', `a:\n    key: ${key} # its own\n    tags: [x]`, 'a:\n    tags: [x]'],
  ['alone in a block', `a:\n    key: ${key}`, 'a:\n    {}'],
  ['nowhere', 'a: { tags: [x] }', 'a: { tags: [x] }'],
  ['nowhere at all', 'a:', 'a:'],
])('a key that stands %s is taken away, and nothing else', (_, before, after) => {
  const text = (members: string): string => `${head}members:\n  ${members}\n  b: {}\n`;
  const [a] = read(text(before)).members;
  const without = removeKey(text(before), a?.place ?? { file, line: 0, column: 0 });
  expect(without).toBe(text(after));
  expect(read(without).members.map(({ name, publicKey }) => [name, publicKey])).toEqual([
    ['a', undefined],
    ['b', undefined],
  ]);
});

const [end, later] = ['2027-02-01T00:00:00.000Z', '2027-03-01T00:00:00.000Z'];

describe.each([
  ['in braces', 'a: { tags: [x] } # one', `a: { tags: [x], expires: "${end}" } # one`],
  ['in empty braces', 'a: {}', `a: { expires: "${end}" }`],
  ['as no more than a name', 'a: # one', `a: { expires: "${end}" } # one`],
  [
    'in a block',
    'a:\n    tags: [x] # its own',
    `a:\n    tags: [x] # its own\n    expires: "${end}"`,
  ],
])('a member that is written %s', (_, before, after) => {
  const text = (members: string): string => `${head}members:\n  ${members}\n  b: {}\n`;
  const until = (source: string, expires: string | undefined): string => {
    const place = read(source).members[0]?.place;
    return setExpires(file, source, { name: 'a', place }, expires);
  };

  test('gets an end, another one, and none, and nothing else changes', () => {
    const first = until(text(before), end);
    expect(first).toBe(text(after));
    expect(read(first).members.map(({ expires }) => expires)).toEqual([end, undefined]);
    const second = until(first, later);
    expect(second).toBe(text(after).replace(end, later));
    const none = until(second, undefined);
    expect(read(none)).toEqual(read(text(before)));
    expect(until(text(before), undefined)).toBe(text(before));
  });
});

test('an end in other words is written anew', () => {
  const source = `${head}members:\n  a:\n    expires: 2027-01-31 # a year\n    tags: [x]\n`;
  const place = read(source).members[0]?.place;
  const set = (expires?: string): string => setExpires(file, source, { name: 'a', place }, expires);
  expect(set(end)).toBe(source.replace('2027-01-31', `"${end}"`));
  expect(set()).toBe(source.replace(/ {4}expires.*\n/, ''));
});

test.each([
  ['an alias', `${head}x: &x {}\nmembers:\n  a: *x\n`],
  ['elsewhere', `${head}members:\n\n  a: {}\n`],
])('a member that is written as %s gets no end', (_, source) => {
  const place = {
    file,
    line: source.split('\n').length - 2 - (source.includes('\n\n') ? 1 : 0),
    column: 3,
  };
  expect(() => setExpires(file, source, { name: 'a', place }, end)).toThrow(
    'cannot be changed here',
  );
});
