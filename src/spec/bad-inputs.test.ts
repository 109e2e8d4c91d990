import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatPlace, type Place } from '#base';
import { errors } from './errors.ts';
import { badFiles } from './fixtures/bad-files.ts';
import type { BadInput } from './fixtures/bad-input.ts';
import { badMonitors } from './fixtures/bad-monitors.ts';
import { badNetworks } from './fixtures/bad-networks.ts';
import { badRouters } from './fixtures/bad-routers.ts';
import { badSegments } from './fixtures/bad-segments.ts';
import { badStations } from './fixtures/bad-stations.ts';
import { memoryReader } from './fixtures/memory.ts';
import { loadNetwork } from './load.ts';
import { sections } from './sections/index.ts';

const badInputs = [
  ...badFiles,
  ...badNetworks,
  ...badSegments,
  ...badStations,
  ...badRouters,
  ...badMonitors,
];
const mark = '»';
const entry = 'hawser.yaml';

const filesOf = ({ text, files = {} }: BadInput): Record<string, string> => ({
  ...files,
  [entry]: text,
});

/** Where the mark stands. */
function marked(files: Readonly<Record<string, string>>): Place {
  const [file, text] = Object.entries(files).find(([, one]) => one.includes(mark)) ?? ['', ''];
  const lines = text.slice(0, text.indexOf(mark)).split('\n');
  return { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

const markedLine = (input: BadInput): string =>
  Object.values(filesOf(input))
    .flatMap((text) => text.split('\n'))
    .find((line) => line.includes(mark))
    ?.trim() ?? '';

function load(input: BadInput): readonly Diagnostic[] {
  const files: Record<string, string> = {};
  for (const [file, text] of Object.entries(filesOf(input))) files[file] = text.replace(mark, '');
  return loadNetwork(entry, memoryReader(files)).diagnostics;
}

const at = ({ code, place }: Diagnostic): string => `${code} at ${place && formatPlace(place)}`;

describe('a file that is wrong in one way', () => {
  test.each(badInputs.map((input) => ({ ...input, line: markedLine(input) })))(
    'gives $code, and nothing else: $line',
    (input) => {
      const found = load(input);
      expect(found.map(at)).toEqual([`${input.code} at ${formatPlace(marked(filesOf(input)))}`]);
      expect(found[0]?.message).toContain(input.says ?? '');
      expect(found[0]?.fix).toContain(input.fix ?? '');
      expect(`${found[0]?.message} ${found[0]?.fix}`).not.toMatch(/\{(\w+)\}|undefined|\[object/);
    },
  );

  test('an entry that does not exist is a finding', () => {
    const { network, diagnostics } = loadNetwork('nowhere.yaml', memoryReader({}));
    expect(network).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(['spec/file-not-found']);
  });
});

describe('the table of wrong files', () => {
  test('has every code of this room but the one of files that cannot be patched', () => {
    const covered = new Set<string>(['spec/not-patchable', ...badInputs.map(({ code }) => code)]);
    expect(Object.keys(errors.entries).filter((code) => !covered.has(code))).toEqual([]);
  });

  test('has a case for every section', () => {
    const covered = new Set<string>(badInputs.map(({ about }) => about));
    expect(Object.keys(sections).filter((name) => !covered.has(name))).toEqual([]);
  });
});

test('all errors of a file come in one run, in the order of the file', () => {
  const text = `version: 1
network: many
overlay: 10.0.0.1/24
sites:
  a:
    subnet: [192.168.1.0/24]
    gateways: { gw: { endpoint: nowhere, port: no } }
members:
  m: { hub: b }
policy:
  - { from: nobody, to: gw, ports: 22 }
`;
  const { network, diagnostics } = loadNetwork(entry, memoryReader({ [entry]: text }));
  expect(network).toBeUndefined();
  expect(diagnostics.map(({ code, place }) => `${place?.line} ${code}`)).toEqual([
    '3 ip/host-bits',
    '6 spec/unknown-key',
    '7 ip/endpoint-without-port',
    '7 spec/wrong-type',
    '9 spec/unknown-name',
    '11 spec/unknown-name',
    '11 spec/not-text',
  ]);
});

describe('a file that includes what is not there', () => {
  const text = `include: [people.yaml, sites/*.yaml, broken.yaml]
version: 1
network: part
overlay: 10.0.0.1/24
sites:
  a: { subnet: [192.168.1.0/24], gateways: { gw: { port: 0 } } }
members:
  m: { hub: b, tags: [x] }
groups: { g: [nobody, tag:y] }
policy:
  - { from: g, to: gw, ports: [tcp/0] }
`;
  const files = { [entry]: text, 'broken.yaml': 'sites: {' };
  const told = (all: Readonly<Record<string, string>>): readonly string[] =>
    loadNetwork(entry, memoryReader(all)).diagnostics.map(
      ({ code, place }) => `${place?.file}:${place?.line} ${code}`,
    );

  test('is told all else that is wrong with it, and nothing that the missing part may mend', () => {
    expect(told(files)).toEqual([
      'broken.yaml:1 spec/yaml-syntax',
      'hawser.yaml:1 spec/file-not-found',
      'hawser.yaml:1 spec/include-nothing',
      'hawser.yaml:4 ip/host-bits',
      'hawser.yaml:6 spec/unknown-key',
      'hawser.yaml:6 spec/out-of-range',
      'hawser.yaml:11 spec/bad-port',
    ]);
  });

  test('may lack a section that the missing part may hold', () => {
    expect(
      told({ [entry]: 'include: gone.yaml\nversion: 1\nsites: { a: { subnets: [1] } }\n' }),
    ).toEqual(['hawser.yaml:1 spec/file-not-found', 'hawser.yaml:3 spec/not-text']);
  });
});
