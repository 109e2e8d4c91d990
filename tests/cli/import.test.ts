import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateKeyPair, generatePresharedKey } from '#wireguard';
import { Project } from './cli.ts';

const clouds = `- infrastructure: openstack
  cloud: bielefeld
  masterInstance: { type: mini, image: x }
  subnet: my-subnet
- infrastructure: openstack
  cloud: giessen
  vpnInstance: { type: mini, image: x }
  subnet: other
`;
const answers = [
  ...['--subnet', 'bielefeld=192.168.66.0/24', '--subnet', 'giessen=192.168.77.0/24'],
  ...['--endpoint', 'bielefeld=203.0.113.10:51820', '--endpoint', 'giessen=198.51.100.20:51820'],
];

/** A folder without a network, and with a bibigrid.yml. */
function project(): Project {
  const made = new Project('taken: true\n');
  made.write('bibigrid.yml', clouds);
  return made;
}

describe('hawser import', () => {
  test('prints a file that check accepts once every question has an answer', () => {
    using folder = project();
    const { code, out, err } = folder.run('import', 'bibigrid.yml', ...answers);
    expect([code, out]).toEqual([0, expect.stringContaining('192.168.66.0/24')]);
    expect(err).toContain('line 4: assumed');
    expect(folder.pipe(out, 'check', '-')).toMatchObject({ code: 0 });
  });

  test('ends with 1 while questions are open, and says where they stand', () => {
    using folder = project();
    const { code, err } = folder.run('import', 'bibigrid.yml', '-o', 'new.yaml');
    expect(code).toBe(1);
    const [, line] = /new\.yaml:(\d+): QUESTION/.exec(err) ?? [];
    expect(folder.read('new.yaml').split('\n')[Number(line) - 1]).toContain('# QUESTION');
  });

  test('writes over nothing unless it is told to', () => {
    using folder = project();
    const refused = folder.run('import', 'bibigrid.yml', '-o', 'hawser.yaml', ...answers);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('cli/output-exists')]);
    expect(folder.read('hawser.yaml')).toBe('taken: true\n');
    const args = ['import', 'bibigrid.yml', '-o', 'hawser.yaml', '--force', ...answers];
    expect(folder.run(...args).code).toBe(0);
    expect(folder.run('check', 'hawser.yaml').code).toBe(0);
    expect(statSync(join(folder.folder, 'hawser.yaml')).mode & 0o777).toBe(0o644);
  });

  test('writes public keys beside the file, of which check and plan know, and no secret', () => {
    using folder = project();
    const [own, peer] = [generateKeyPair(), generateKeyPair()];
    const secrets = [own.privateKey, generatePresharedKey()].map((one) => one.reveal());
    folder.write(
      'wg0.conf',
      `[Interface]\nAddress = 10.0.0.1/24\nListenPort = 51820\nPrivateKey = ${secrets[0]}\n[Peer]\nPublicKey = ${peer.publicKey}\nPresharedKey = ${secrets[1]}\nAllowedIPs = 10.0.0.2/32\n`,
    );
    const options = ['--name', 'peer-10-0-0-1=hub', '--endpoint', 'hub=203.0.113.1:51820'];
    const args = ['import', 'wg0.conf', '-o', 'new.yaml', '--network', 'star', ...options];
    expect(folder.run(...args)).toMatchObject({ code: 0 });
    const all = folder.read('new.yaml') + folder.read('hawser.facts.json');
    for (const secret of secrets) expect(all).not.toContain(secret);
    const state = folder.run('export', 'new.yaml', 'hub', '--format', 'hoststate').out;
    expect(state).toContain(peer.publicKey);
    expect(state).toContain('"id": "adopted-');
    const again = folder.run(...args.with(3, 'other.yaml'));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('cli/facts-exist')]);
    expect(existsSync(join(folder.folder, 'other.yaml'))).toBe(false);
    expect(folder.run(...args, '--force').code).toBe(0);
  });

  test('says for programs what was left out, and where', () => {
    using folder = project();
    const { code, out } = folder.run('import', 'bibigrid.yml', '--json', ...answers);
    const said = JSON.parse(out) as { yaml: string; left: unknown[]; remarks: unknown[] };
    expect(code).toBe(0);
    expect(said.yaml).toContain('version: 1');
    expect(said.left.length).toBeGreaterThan(0);
    expect(said.remarks.length).toBeGreaterThan(0);
  });

  test.each([
    [
      'a broken line',
      'x.conf',
      '[Interface]\n  Adress = 10.0.0.1/24\n',
      [],
      /x\.conf:2:3: error wireguard\/unknown-attribute/,
    ],
    [
      'half a JSON',
      'x.json',
      '{\n"peers": [',
      [],
      /x\.json:\d+:\d+: error compile\/import-not-json/,
    ],
    ['an answer that is none', 'x.conf', '[Interface]\n', ['--endpoint', 'a'], /cli\/no-pair/],
    ['a kind nobody knows', 'x.conf', '', ['--format', 'openvpn'], /cli\/usage/],
  ] as const)('%s ends with 2, and nothing is written', (_, name, text, options, words) => {
    using folder = project();
    folder.write(name, text);
    const { code, err } = folder.run('import', name, '-o', 'new.yaml', ...options);
    expect([code, err]).toEqual([2, expect.stringMatching(words)]);
    expect(existsSync(join(folder.folder, 'new.yaml'))).toBe(false);
  });

  test('a file that is not there', () => {
    using folder = project();
    const { code, err } = folder.run('import', 'nobody.conf');
    expect([code, err]).toEqual([2, expect.stringContaining('spec/file-not-found')]);
  });
});
