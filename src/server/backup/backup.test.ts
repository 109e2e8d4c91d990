import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Secret } from '#base';
import { PostgresCluster } from '../../../tests/support/postgres.ts';
import { suite } from '../../../tests/support/suite.ts';
import { newRevision } from '../store/compliance.ts';
import { openStore, type Store, type StorePlace } from '../store/index.ts';
import { serverCertificate } from '../tls/index.ts';
import { restoreBackup, verifyBackup, writeBackup } from './index.ts';

const passphrase = new Secret('correct horse battery staple');
const clock = (): Date => new Date('2026-11-21T08:00:00.000Z');
const made = clock().toISOString();
const init = { passphrase, clock };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-backup-'));
  file = join(folder, 'hawser.backup');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string): StorePlace => ({ data: join(folder, name) });

async function within<T>(where: StorePlace, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(where);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const token = {
  id: 'one',
  hash: 'aa'.repeat(32),
  role: 'admin',
  name: 'first',
  created: made,
  tags: [],
  ephemeral: false,
  admits: false,
  revoked: false,
};

/** A server with a history of 45 revisions, one of them held, a CA, a token and a machine. */
async function fill(where: StorePlace): Promise<void> {
  await within(where, async (store) => {
    await store.write((tx) => tx.createNetwork('net', 'e1', newRevision('one')));
    for (let n = 2; n <= 45; n++) {
      const state = n === 44 ? 'held' : 'applied';
      await store.write((tx) => tx.addRevision('net', newRevision(`${n}`, { state })));
      await store.write((tx) => tx.addAudit({ at: made, actor: 'a', action: 'apply', detail: n }));
    }
    await serverCertificate(store, { names: ['localhost'], clock });
    await store.write(async (tx) => {
      await tx.putToken(token);
      await tx.putMachine({
        network: 'net',
        name: 'hub',
        identity: 'identity',
        enrolment: 'enrolled',
        keys: {},
        joinedAt: made,
        tags: [],
        ephemeral: false,
      });
    });
  });
}

const contentOf = (where: StorePlace) =>
  within(where, (store) =>
    store.read(async (tx) => ({
      network: await tx.network('net'),
      revisions: await tx.revisions('net', { limit: 1000 }),
      old: await tx.revision('net', 7),
      machines: await tx.machines('net'),
      tokens: await tx.tokens(),
      audit: await tx.audit({ limit: 1000 }),
      tls: await tx.setting('tls'),
    })),
  );

/** The restored place holds all the other did, and one revision more, of a new epoch. */
async function expectRestored(from: StorePlace, to: StorePlace): Promise<void> {
  const [before, after] = [await contentOf(from), await contentOf(to)];
  expect(after.revisions.slice(1)).toEqual(before.revisions);
  expect(after.revisions[0]).toMatchObject({ kind: 'restore', state: 'applied' });
  expect(after.network?.revision.number).toBe(46);
  expect(after.network?.revision.epoch).not.toBe('e1');
  expect(after.network?.files).toEqual(before.network?.files);
  expect(after.network?.facts).toEqual(before.network?.facts);
  expect(after.audit.slice(0, -1)).toEqual(before.audit);
  expect(after.audit.at(-1)).toMatchObject({ action: 'restore', revision: 46, detail: { made } });
  const { old, machines, tokens, tls } = before;
  expect(after).toMatchObject({ old, machines, tokens, tls });
  expect(tls).toContain('PRIVATE KEY');
}

test('a server is brought back with its history, CA and tokens, in a new epoch', async () => {
  await fill(place('lost'));
  await writeBackup(place('lost'), file, init);
  const content = await restoreBackup(file, place('new'), init);
  expect(content).toMatchObject({ made, networks: [{ network: 'net', revision: { number: 46 } }] });
  await expectRestored(place('lost'), place('new'));
});

test('a backup can be verified without restoring it', async () => {
  await fill(place('lost'));
  await writeBackup(place('lost'), file, init);
  expect(await verifyBackup(file, passphrase)).toEqual({
    made,
    networks: [{ network: 'net', revision: { epoch: 'e1', number: 45 } }],
  });
  expect(readdirSync(folder).toSorted()).toEqual(['hawser.backup', 'lost']);
});

test('the file is its owner’s, and shows nothing without the passphrase', async () => {
  await fill(place('lost'));
  await writeBackup(place('lost'), file, init);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const bytes = readFileSync(file);
  for (const word of ['PRIVATE KEY', token.hash, 'hawser.yaml']) {
    expect(bytes.includes(word)).toBe(false);
  }
});

test('what lies in its place while it is made is not written to', async () => {
  await fill(place('old'));
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'of somebody else');
  symlinkSync(victim, `${file}.${process.pid}.unfinished`);
  await writeBackup(place('old'), file, init);
  expect(readFileSync(victim, 'utf8')).toBe('of somebody else');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('another passphrase, a cut and a changed byte are told, and restore nothing', async () => {
  await fill(place('lost'));
  await writeBackup(place('lost'), file, init);
  const bytes = readFileSync(file);
  const changed = (at: number) => bytes.map((byte, n) => (n === at ? byte ^ 1 : byte));
  const spoilt = [
    changed(3),
    changed(20),
    changed(50),
    changed(Math.floor(bytes.length / 2)),
    changed(bytes.length - 20),
    changed(bytes.length - 1),
    bytes.subarray(0, 10),
    bytes.subarray(0, 50),
    bytes.subarray(0, bytes.length - 1),
    Buffer.concat([bytes, Buffer.from('x')]),
  ];
  const unreadable = { code: 'server/backup-unreadable' };
  for (const content of spoilt) {
    const other = join(folder, 'spoilt');
    writeFileSync(other, content);
    await expect(verifyBackup(other, passphrase)).rejects.toMatchObject(unreadable);
  }
  const wrong = { passphrase: new Secret('wrong'), clock };
  await expect(restoreBackup(file, place('new'), wrong)).rejects.toMatchObject(unreadable);
  await expect(verifyBackup(join(folder, 'none'), passphrase)).rejects.toMatchObject(unreadable);
  // Nothing was left there: the right passphrase restores into it.
  expect(readdirSync(folder)).not.toContain('new');
  await restoreBackup(file, place('new'), init);
});

test('nothing is restored over a store that is there', async () => {
  await fill(place('lost'));
  await writeBackup(place('lost'), file, init);
  const before = await contentOf(place('lost'));
  const again = restoreBackup(file, place('lost'), init);
  await expect(again).rejects.toMatchObject({ code: 'server/store-not-empty' });
  expect(await contentOf(place('lost'))).toEqual(before);
});

test('of two restores into one place at once, neither takes away what the other brought back', async () => {
  await fill(place('lost'));
  await writeBackup(place('lost'), file, init);
  const wrong = { passphrase: new Secret('wrong'), clock };
  for (const [name, first] of [
    ['twice', init],
    ['wrong', wrong],
  ] as const) {
    const results = await Promise.allSettled(
      [first, init].map((each) => restoreBackup(file, place(name), each)),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expectRestored(place('lost'), place(name));
  }
});

test('a backup of one moment is made while others write', async () => {
  await fill(place('busy'));
  await within(place('busy'), async (store) => {
    let going = true;
    const writing = (async () => {
      for (let n = 46; going; n++) {
        await store.write(async (tx) => {
          await tx.addRevision('net', newRevision(`${n}`));
          await tx.putSetting('last', String(n));
        });
        // SQLite answers at once: without this nobody else would ever have a turn.
        await nextTurn();
      }
    })();
    await writeBackup(place('busy'), file, init);
    going = false;
    await writing;
  });
  const { networks } = await restoreBackup(file, place('new'), init);
  const last = await within(place('new'), (store) => store.read((tx) => tx.setting('last')));
  expect(networks[0]?.revision.number).toBe(Number(last ?? 45) + 1);
});

test('a backup of nothing, or into a folder that is not there, says so', async () => {
  const nothing = writeBackup(place('none'), file, init);
  await expect(nothing).rejects.toMatchObject({ code: 'server/store-unreadable' });
  expect(readdirSync(folder)).toEqual([]);
  await fill(place('lost'));
  const nowhere = writeBackup(place('lost'), join(folder, 'no/where'), init);
  await expect(nowhere).rejects.toMatchObject({ code: 'server/store-unreadable' });
});

suite('backups and PostgreSQL', { needs: ['postgresql'] }, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
  });
  afterAll(() => cluster.close());
  const newDatabase = async () => ({ database: cluster.url(await cluster.createDatabase()) });

  test('a server moves from SQLite to PostgreSQL and back', async () => {
    await fill(place('lost'));
    const database = await newDatabase();
    await writeBackup(place('lost'), file, init);
    await restoreBackup(file, database, init);
    await expectRestored(place('lost'), database);
    await writeBackup(database, file, init);
    await restoreBackup(file, place('back'), init);
    const { audit, revisions } = await contentOf(place('back'));
    expect(revisions).toHaveLength(47);
    expect(audit.map(({ seq }) => seq)).toEqual(audit.map((_, n) => n + 1));
  });
});
