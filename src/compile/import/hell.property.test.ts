import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HawserError } from '#base';
import { loadNetwork } from '#spec';
import { generateKeyPair, generatePresharedKey } from '#wireguard';
import { wireguardMachines } from '../allocate.ts';
import { parseFacts, writeFacts } from '../facts.ts';
import { type Imported, importNetwork } from './index.ts';
import type { ImportFile } from './source.ts';

const pairs = Array.from({ length: 5 }, () => generateKeyPair());
const anyPair = fc.constantFrom(...pairs);
const secrets = Array.from({ length: 3 }, generatePresharedKey);
/** What must not be in anything that is made. */
const kept = [...pairs.map(({ privateKey }) => privateKey), ...secrets];

const prefix = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('10.0.0', '10.0.1', '192.168.1'),
      fc.nat(5),
      fc.constantFrom(8, 24, 31, 32),
    )
    .map(([net, host, length]) => `${net}.${host}/${length}`),
  fc.constantFrom('0.0.0.0/0', '::/0', 'fd00::1/128', 'fd00::/64', '10.0.0.0/24', ''),
);
const list = fc.array(prefix, { maxLength: 4 }).map((all) => all.join(', '));
const comment = fc.oneof(
  fc.string({ maxLength: 20 }).map((text) => `# ${text.replace(/[\r\n]/g, ' ')}`),
  fc.constantFrom('# alice', '### Client bob', '# friendly_json = {"name":"x"}', '#', '# all', ''),
);

const preshared = fc.option(fc.constantFrom(...secrets));

const peer = fc
  .tuple(
    comment,
    anyPair,
    preshared,
    list,
    fc.constantFrom(
      '',
      'Endpoint = 203.0.113.1:51820',
      'Endpoint = [2001:db8::1]:5',
      'PersistentKeepalive = 25',
    ),
    comment,
  )
  .map(([above, { publicKey }, secret, allowed, setting, inside]) =>
    [
      above,
      '[Peer]',
      inside,
      `PublicKey = ${publicKey}`,
      secret ? `PresharedKey = ${secret.reveal()}` : '',
      `AllowedIPs = ${allowed}`,
      setting,
    ].join('\n'),
  );
const configuration = fc
  .tuple(comment, list, fc.option(anyPair), fc.boolean(), fc.array(peer, { maxLength: 4 }))
  .map(([above, address, own, listens, peers]) =>
    [
      above,
      '[Interface]',
      `Address = ${address}`,
      own ? `PrivateKey = ${own.privateKey.reveal()}` : '',
      listens ? 'ListenPort = 51820' : '',
      ...peers,
    ].join('\n'),
  );

const fileNamed = (name: fc.Arbitrary<string>, text: fc.Arbitrary<string>) =>
  fc.record({ file: name, text });

const awkward = fc.constantFrom(
  '- cloud: constructor\n  masterInstance:\n  constructor: x\n',
  '- &a [*a]\n',
  '{"constructor": 1, "__proto__": {"peers": []}, "net": "10.0.0.1/8"}',
  '{"peers": [["constructor", "10.0.0.1"], ["all", "10.0.0.2"], ["1", "10.0.0.3"]]}',
  '- cloud: [a]\n  masterInstance: 1\n',
  '- cloud: a\n  masterInstance: {}\n  subnet: {x: 1}\n',
  '\uFEFF[Interface]\r\nAddress = 10.0.0.1/24\r\n',
);
const junk = fileNamed(
  fc.constantFrom('x.conf', 'x.json', 'x.yml', 'x', '', '../..', 'a\nb.conf', '-'),
  fc.oneof(fc.string(), awkward, configuration, fc.json()),
);

/** What became of the files; nothing where they were refused with a code. */
function tried(files: readonly ImportFile[], keysApart = false): Imported | undefined {
  try {
    return importNetwork(files, { keysApart });
  } catch (error) {
    if (error instanceof HawserError) return undefined;
    throw error;
  }
}

/** Codes of what nobody can answer for: the new file itself is badly written. */
const badlyWritten =
  /^spec\/(?:yaml-syntax|tab|unknown-key|duplicate-|wrong-type|not-text|bad-name|unknown-name|no-value|bad-interface)/;

describe('whatever the files say', () => {
  test.each([
    [
      'configurations',
      fc.array(fileNamed(fc.constantFrom('a.conf', 'b/wg0.conf', 'wg0.conf'), configuration), {
        minLength: 1,
        maxLength: 3,
      }),
    ],
    ['junk', fc.array(junk, { minLength: 1, maxLength: 3 })],
  ])('%s give a well-formed file with its facts, or a refusal with a code', (_, files) => {
    fc.assert(
      fc.property(files, fc.boolean(), (all, keysApart) => {
        const imported = tried(all, keysApart);
        if (!imported) return;
        const reader = { read: () => imported.yaml, glob: () => [] };
        const { diagnostics, network } = loadNetwork('new.yaml', reader);
        expect(diagnostics.filter(({ code }) => badlyWritten.test(code))).toEqual([]);
        const said = JSON.stringify(imported);
        for (const secret of kept) expect(said).not.toContain(secret.reveal());
        const { facts } = imported;
        const text = writeFacts(undefined, imported.network, facts);
        expect(parseFacts(text, imported.network)).toEqual(facts);
        if (!network) return;
        const names = wireguardMachines(network).map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(Object.keys(facts.keys)));
      }),
      { numRuns: 500 },
    );
  });

  test('most configurations of the generator above are not refused', () => {
    const files = fc.sample(configuration, { numRuns: 200, seed: 1 });
    const done = files.filter((text) => tried([{ file: 'a.conf', text }]));
    expect(done.length).toBeGreaterThan(40);
  });
});
