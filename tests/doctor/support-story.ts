import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '#server';
import type { Machine } from '../server/world.ts';
import { opened } from './opened.ts';
import { network, type Ward } from './ward.ts';

/** Of a database, of a syslog server that takes none, of a backup. */
const passwords = ['PgPasswordOfOurs1', 'SyslogPasswordOfOurs2', 'PassphraseOfBackups3'] as const;

const secretIn = (token: string): string => {
  const body = Buffer.from(token.split('-').slice(2).join('-'), 'base64url').toString();
  return (JSON.parse(body) as { readonly k: string }).k;
};

/** A text as it may stand in another one: plain, in base64 of both kinds, in hexadecimal. */
function formsOf(secret: string): readonly string[] {
  const isKey = /^[\w+/]{43}=$/.test(secret);
  const bytes = Buffer.from(secret, isKey ? 'base64' : 'utf8');
  const plain = ['base64', 'base64url', 'hex'] as const;
  return [secret, ...plain.map((form) => bytes.toString(form).replace(/=+$/, ''))];
}

/** The lines of a private key in PEM between the first and the last. */
const bodyOf = (pem: string): string => pem.trim().split('\n').slice(1, -1).join('\n');

/** What the server of a machine keeps to itself: the keys of its TLS, and what preshared keys are made from. */
async function keptAtServer({ hub }: Ward['star'], scratch: string): Promise<readonly string[]> {
  const data = join(scratch, 'kept');
  hub.do(`cp -r /var/lib/hawser-server ${data}`);
  const store = await openStore({ data });
  try {
    const [tls = '', preshared = ''] = await store.read(async (tx) => [
      await tx.setting('tls'),
      await tx.setting(`preshared/${network}`),
    ]);
    const { key, authorities } = JSON.parse(tls) as KeptTls;
    const keys = [key, ...authorities.map((one) => one.key)].map(bodyOf);
    return [...keys, ...Object.values(JSON.parse(preshared) as Record<string, string>)];
  } finally {
    await store.close();
  }
}

interface KeptTls {
  readonly key: string;
  readonly authorities: readonly { readonly key: string }[];
}

/** What must not leave the machine, and where it was put besides where it belongs. */
function plantSecrets(machine: Machine, ward: Ward): readonly string[] {
  const folder = '/var/lib/hawser';
  const made: unknown = JSON.parse(machine.must('token', 'create', '--join', '--json'));
  const { token } = made as { readonly token: string };
  const bearer = secretIn(token);
  const contexts = machine.read('/run/home/.config/hawser/contexts.json');
  const [, admin = ''] = /"token": "([^"]+)"/.exec(contexts) ?? [];
  const privateKey = machine.read(`${folder}/keys/${network}/0.key`).trim();
  const psks = machine.do('wg show all preshared-keys').trim().split('\n');
  const lines = [
    `2026-11-20T12:00:00.000Z joined by ${token}`,
    `Authorization: Bearer ${bearer}`,
    `HAWSER_PASSPHRASE=correct horse battery staple`,
    `PrivateKey = ${privateKey}`,
    `a stray ${privateKey} and ${bearer}`,
    machine.read(`${folder}/identity.key`),
  ];
  machine.box.run(['tee', '-a', `${folder}/agent.log`], { input: `${lines.join('\n')}\n` });
  ward.star.edit((text) => `${text}# password: hunter2hunter2\n`, '-m', `for ${token}`);
  machine.do(`nft add table inet noted { comment "${bearer.slice(0, 60)}" ; }`);
  const body = machine.read(`${folder}/identity.key`).split('\n')[1] ?? '';
  return [
    ...[token, bearer, admin, secretIn(admin), privateKey, body],
    ...psks.map((line) => line.split('\t').at(-1) ?? ''),
    ...['correct horse', 'battery', 'hunter2'],
  ];
}

/** What `hawser support` packs; the machine is the one that serves, and has most to hide. */
export function supportStory(wardOf: () => Ward): void {
  test('nothing that Hawser says holds a secret, its first tokens apart: no log, no bundle', async () => {
    const { star, scratch } = wardOf();
    const { hub, alice } = star;
    const database = `postgres://hawser:${passwords[0]}@127.0.0.1:1/x`;
    const syslog = `tcp://hawser:${passwords[1]}@127.0.0.1:1`;
    const said = [
      hub.hawser('server', '--data', '/run/none', '--database', database, '--no-join'),
      hub.hawser('server', '--data', '/run/none', '--audit-syslog', syslog, '--no-join'),
      hub.hawserAs(['env', `HAWSER_PASSPHRASE=${passwords[2]}`], 'backup', '/run/kept.backup'),
    ];
    expect(said.map(({ code }) => code)).toEqual([2, 2, 0]);
    const machines = [hub, alice].flatMap((machine) => [
      machine.read(`/var/lib/hawser/keys/${network}/0.key`).trim(),
      bodyOf(machine.read('/var/lib/hawser/identity.key')),
      ...machine
        .do('wg show all preshared-keys')
        .trim()
        .split('\n')
        .map((line) => line.split('\t').at(-1) ?? ''),
    ]);
    const secrets = [...machines, ...passwords, ...(await keptAtServer(star, scratch))];
    expect(secrets.filter((secret) => secret.length < 12)).toEqual([]);
    hub.must('support', '/run/plain.tar.gz');
    const texts = [
      ...opened(hub, '/run/plain.tar.gz'),
      ...[hub, alice].map(
        (machine) => [machine.name, machine.read('/var/lib/hawser/agent.log')] as const,
      ),
      ['the server', star.server.output] as const,
      ...said.map(({ out, err }) => ['a command', `${out}${err}`] as const),
    ];
    for (const [name, text] of texts) {
      const found = secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
      expect(found, name).toEqual([]);
    }
  });

  test('packs what a report needs, and none of the secrets that lie everywhere', () => {
    const { hub } = wardOf().star;
    const secrets = plantSecrets(hub, wardOf());
    const env = ['env', 'HAWSER_PASSPHRASE=correct horse battery staple'];
    const said = hub.hawserAs(env, 'support', '/run/full.tar.gz');
    expect(said.out).toMatch(/full\.tar\.gz: \d+ files, \d+ KB; \d+ words that may be secrets/);
    expect(hub.do('stat -c %a /run/full.tar.gz').trim()).toBe('600');
    const files = opened(hub, '/run/full.tar.gz');
    for (const [name, text] of files) {
      const found = secrets.filter((secret) => secret === '' || text.includes(secret));
      expect(found, name).toEqual([]);
    }
    expect(files.get('doctor.txt')).toContain('Program');
    expect(files.get('wireguard.txt')).toMatch(
      /preshared key: \(hidden\)\n(.|\n)*latest handshake/,
    );
    expect(files.get('agent/states.json')).toContain('"presharedKey"');
    expect(files.get('firewall/nft.txt')).toContain(`table inet hawser-${network}`);
    expect(files.get('logs/agent.log')).toContain('joined by hawser-join-[token left out]');
    expect(files.get(`server/${network}-history.json`)).toContain(
      'for hawser-join-[token left out]',
    );
    expect(files.get(`server/${network}-status.json`)).toContain('"alice"');
    expect(files.get('server/metrics.txt')).toContain('hawser_agents_connected');
    const index = files.get('index.txt') ?? '';
    expect(index).toMatch(/logs\/agent\.log .*left out: .*token/);
    expect(index).toContain('/var/lib/hawser/identity.key: the private key of this machine');
    const keys = hub.do('wg show all peers').trim().split('\n');
    for (const key of keys) expect(files.get('wireguard.txt')).toContain(key.split('\t')[1]);
  });

  test('may leave out names, addresses and keys too, and still shows what belongs together', () => {
    const { hub } = wardOf().star;
    hub.must('support', '/run/anonymous.tar.gz', '--anonymize');
    const files = opened(hub, '/run/anonymous.tar.gz');
    const keys = hub.do('wg show all peers').trim().split('\n');
    const names = ['alice', 'bob', network, '192.0.2.', '10.77.0.'];
    const words = [...names, ...keys.map((line) => line.split('\t')[1] ?? '')];
    for (const [name, text] of files) {
      expect(
        words.filter((word) => `${name}\n${text}`.includes(word)),
        name,
      ).toEqual([]);
    }
    const [, peer = ''] = /peer: (key-\d+)/.exec(files.get('wireguard.txt') ?? '') ?? [];
    expect(files.get('agent/states.json')).toContain(`"${peer}"`);
  });

  test('packs for an ordinary user what that user may see, and says what is missing', () => {
    const { alice } = wardOf().star;
    alice.do('install -d -o 65534 /run/user');
    const { out } = wardOf().asUser(alice, 'support', '/run/user/mine.tar.gz');
    expect(out).toMatch(/not in it: `wg show all`: needs root/);
    const files = opened(alice, '/run/user/mine.tar.gz');
    expect(files.get('network/links.txt')).toContain(`hw-${network}`);
    expect(files.has('agent/states.json')).toBe(false);
  });
}
