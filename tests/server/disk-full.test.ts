import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Secret } from '#base';
import { emptyFacts } from '#compile';
import { type NewRevision, openStore, type Store, writeBackup } from '#server';
import { suite } from '../support/suite.ts';
import { type LocalServer, Person, serveLocally } from './local.ts';

const revision = (text: string): NewRevision => ({
  kind: 'apply',
  at: '2026-11-20T12:00:00.000Z',
  author: 'ada',
  why: '',
  state: 'applied',
  summary: [],
  files: { entry: 'hawser.yaml', files: { 'hawser.yaml': text } },
  facts: emptyFacts,
});

suite('a full disk', { needs: ['root'] }, () => {
  let disk: string;
  let store: Store;
  beforeEach(async () => {
    disk = mkdtempSync(join(tmpdir(), 'hawser-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'hawser-test', disk]);
    store = await openStore({ data: join(disk, 'data') });
    await store.write((tx) => tx.createNetwork('net', 'e', revision('first')));
  });
  afterEach(async () => {
    await store.close();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  const filler = (): string => join(disk, 'filler');

  /** Leaves this many bytes of the disk. */
  function fill(left: number): void {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filler(), Buffer.alloc(bavail * bsize - left));
  }

  const current = async () => {
    const network = await store.read((tx) => tx.network('net'));
    return [network?.revision.number, network?.files.files['hawser.yaml']];
  };
  const apply = (text: string) =>
    store.write(async (tx) => {
      await tx.putSetting('last', text);
      return tx.addRevision('net', revision(text));
    });

  test('is said, changes nothing, and is over when there is room again', async () => {
    fill(100_000);
    const large = 'x'.repeat(200_000);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(apply(large)).rejects.toMatchObject({ code: 'server/disk-full' });
      expect(await current()).toEqual([1, 'first']);
      expect(await store.read((tx) => tx.setting('last'))).toBeUndefined();
    }
    rmSync(filler());
    expect(await apply(large)).toMatchObject({ number: 2 });
    expect(await current()).toEqual([2, large]);
  });

  test('stops a server that commits until nothing goes, and what it acknowledged is there', async () => {
    let acknowledged = 1;
    const failure = await (async () => {
      for (;;) {
        const { number } = await apply(`${acknowledged + 1}`.repeat(10_000));
        acknowledged = number;
      }
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'server/disk-full' });
    expect(acknowledged).toBeGreaterThan(10);
    expect((await current())[0]).toBe(acknowledged);
    await store.close();
    store = await openStore({ data: join(disk, 'data') });
    expect((await current())[0]).toBe(acknowledged);
    const all = await store.read((tx) => tx.revisions('net', { limit: 10_000 }));
    expect(all.map(({ id }) => id.number).toReversed()).toEqual(all.map((_, n) => n + 1));
  });

  test('leaves no part of a backup', async () => {
    await apply(Array.from({ length: 50_000 }, (_, n) => (n * 7_919) % 99_991).join(' '));
    fill(20_000);
    const init = { passphrase: new Secret('a passphrase'), clock: () => new Date() };
    const file = join(disk, 'backup');
    const writing = writeBackup({ data: join(disk, 'data') }, file, init);
    await expect(writing).rejects.toMatchObject({ code: 'server/disk-full' });
    expect(execFileSync('ls', [disk], { encoding: 'utf8' })).toBe('data\nfiller\n');
    expect((await current())[0]).toBe(2);
  });
});

suite('the full disk of a server', { needs: ['root'] }, () => {
  const ann = new Person();
  let server: LocalServer | undefined;
  const disk = join(ann.home, 'data');
  beforeAll(async () => {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'hawser-test', disk]);
    server = await serveLocally(ann);
  });
  afterAll(async () => {
    await server?.program.end('SIGKILL');
    execFileSync('umount', [disk]);
    ann[Symbol.dispose]();
  });

  const fileOf = (note: string): string =>
    `# ${note}\nversion: 1\nnetwork: office\noverlay: 10.0.0.0/24\nmembers: { ben: {} }\n`;

  test('is said to who applies, and nobody else hears of it: all the rest goes on', () => {
    ann.write('net.yaml', fileOf('first'));
    ann.must('apply', 'net.yaml', '--create');
    const made = ann.must('token', 'create', '--role', 'viewer', '--json');
    const { token } = JSON.parse(made) as { readonly token: string };
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
    const large = Array.from({ length: 20_000 }, (_, n) => (n * 7_919) % 99_991).join(' ');
    ann.write('net.yaml', fileOf(large));
    const refused = ann.hawser(['apply', 'net.yaml']);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('server/disk-full')]);
    expect(ann.must('history').split('\n')).toHaveLength(3);
    expect(ann.must('status')).toContain('ben');
    const first = ann.hawser(['status'], { HAWSER_TOKEN: token });
    expect([first.err, first.code], 'a token that was never used').toEqual(['', 0]);
    rmSync(join(disk, 'filler'));
    ann.must('apply', 'net.yaml');
    expect(ann.must('history').split('\n')).toHaveLength(4);
  });
});
