import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AlertTarget, Delivery } from '#api';
import { TestServer } from '../fixtures/server.ts';
import { compilerCalls } from '../network/compiler.ts';
import { Network } from '../network/network.ts';
import type { Receiver } from '../store/alerts.ts';
import { openStore, type Store } from '../store/index.ts';
import { InProcess } from '../thread/in-process.ts';
import { generateKey, issue, makeAuthority } from '../tls/issue.ts';
import { Alerts } from './alerts.ts';

const log = pino({ level: 'silent' });
const secret = 'a key of the webhook';
const minute = 60_000;

let data: string;
let store: Store;
let network: Network;
let alerts: Alerts;
let now: number;

const begin = (): Alerts =>
  new Alerts({
    ...{ store, clock: () => new Date(now), log },
    ...{ networks: () => [network], cardOf: () => undefined },
  });

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-alerts-'));
  store = await openStore({ data });
  now = Date.parse('2026-11-27T08:00:00Z');
  const server = await TestServer.start({ data }, { store });
  await server.populate('anna');
  await server.stop();
  const compiler = new InProcess(compilerCalls());
  network = await Network.open('net', { store, compiler, clock: () => new Date(now), log });
  alerts = begin();
});
afterEach(async () => {
  await alerts.close();
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

/** So much later all has been looked at, and sent as far as it could be. */
async function pass(ms: number): Promise<void> {
  now += ms;
  await alerts.look();
  await alerts.settled();
}

const happens = (kind: 'apply' | 'down' | 'up', text: string): Promise<void> =>
  store.write(async (tx) => {
    const of = kind === 'apply' ? {} : { machine: 'anna', other: 'hub' };
    await tx.addEvents('net', [{ at: new Date(now).toISOString(), kind, ...of, text }]);
  });

const receive = (target: AlertTarget, more: Partial<Receiver> = {}): Promise<void> =>
  store.write(async (tx) => {
    const made = new Date(now).toISOString();
    const about = {
      network: 'net',
      name: 'ops',
      made,
      sent: 0,
      filter: { severity: 'info' },
    } as const;
    await tx.putReceiver({ ...about, target, ...more });
  });

const progress = async (): Promise<Receiver | undefined> =>
  (await store.read(async (tx) => tx.receivers('net'))).at(0);

/** A receiver that checks what it is sent, and takes it or not. */
class Hook {
  readonly server: Server;
  readonly taken: Delivery[] = [];
  attempts = 0;
  works = true;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.attempts += 1;
        const body = Buffer.concat(chunks).toString();
        const timestamp = String(request.headers['hawser-timestamp']);
        const mac = createHmac('sha256', secret).update(timestamp).update('.').update(body);
        const isSigned = request.headers['hawser-signature'] === `sha256=${mac.digest('hex')}`;
        const isNow = Math.abs(Number(timestamp) * 1000 - now) <= 1000;
        if (this.works && isSigned && isNow) this.taken.push(JSON.parse(body) as Delivery);
        response.writeHead(this.works ? (isSigned ? 204 : 401) : 500).end('not\u001b[2J today');
      });
    });
  }

  async listen(): Promise<AlertTarget> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const { port } = this.server.address() as AddressInfo;
    return { kind: 'webhook', url: `http://127.0.0.1:${port}/hook`, secret };
  }

  get texts(): readonly string[] {
    return this.taken.flatMap(({ alerts: all }) => all.map(({ text }) => text));
  }

  [Symbol.dispose](): void {
    this.server.close();
  }
}

test('a webhook that fails for a day is told all, in order, once, and not stormed', async () => {
  using hook = new Hook();
  await receive(await hook.listen());
  await pass(0);
  // Who joined before.
  hook.taken.length = 0;
  hook.attempts = 0;
  hook.works = false;
  for (let minutes = 0; minutes < 20; minutes++) {
    if (minutes % 10 === 0) await happens('apply', `minute ${minutes}`);
    await pass(minute);
  }
  expect(hook.attempts).toBeGreaterThan(4);
  expect(hook.attempts).toBeLessThan(10);
  for (let hour = 1; hour < 26; hour++) {
    for (const part of ['a', 'b', 'c']) await happens('apply', `hour ${hour} ${part}`);
    await pass(60 * minute);
  }
  expect((await progress())?.failing).toMatchObject({
    attempts: hook.attempts,
    why: 'it answers with status 500: not [2J today',
  });
  // The server is started anew meanwhile, and so are its pauses.
  await alerts.close();
  alerts = begin();
  hook.works = true;
  await pass(0);
  const hours = Array.from({ length: 25 }, (_, n) =>
    ['a', 'b', 'c'].map((part) => `hour ${n + 1} ${part}`),
  );
  expect(hook.texts).toEqual(['minute 0', 'minute 10', ...hours.flat()]);
  expect(hook.taken).toHaveLength(2);
  expect(await progress()).toMatchObject({ delivered: new Date(now).toISOString() });
  expect((await progress())?.failing).toBeUndefined();
  await alerts.close();
  alerts = begin();
  await pass(minute);
  expect(hook.taken).toHaveLength(2);
});

test('a link that flaps is one alert, and one when it is well', async () => {
  using hook = new Hook();
  await receive(await hook.listen(), { filter: { severity: 'warning' } });
  await pass(0);
  for (let n = 0; n < 8; n++) {
    await happens('down', 'anna and hub are apart');
    await pass(minute);
    await happens('up', 'anna and hub are together');
    await pass(minute);
  }
  await pass(10 * minute);
  expect(hook.taken.map(({ alerts: [one] }) => [one?.is, one?.severity])).toEqual([
    ['firing', 'critical'],
    ['resolved', 'critical'],
  ]);
  expect(hook.texts.at(-1)).toMatch(/^anna and hub are together \(it was not, 8 times since/);
});

test('one receiver that hangs holds up no other, nor the end of the server', async () => {
  using hook = new Hook();
  const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  await receive({ kind: 'webhook', url: `http://127.0.0.1:${port}/`, secret }, { name: 'hangs' });
  await receive(await hook.listen());
  await alerts.look();
  await happens('apply', 'for both');
  await alerts.look();
  await expect.poll(() => hook.texts, { interval: 5 }).toContain('for both');
  await alerts.close();
  hanging.closeAllConnections();
  hanging.close();
});

test('mail is sent over TLS, after a login, to whoever is to know', async () => {
  const authority = await makeAuthority(new Date(), 86_400_000);
  const key = generateKey();
  const leaf = { key, names: ['localhost'], notAfter: new Date(Date.now() + 3_600_000) };
  const mails: { readonly to: readonly string[]; readonly text: string }[] = [];
  const server = new SMTPServer({
    key,
    cert: await issue(authority, leaf, new Date()),
    onAuth: ({ username, password }, session, done) => {
      const isFine = session.secure && username === 'hawser' && password === 'right';
      done(isFine ? null : new Error('no such login'), isFine ? { user: username } : undefined);
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const rcpt = envelope.rcptTo.map(({ address }) => address);
        mails.push({ to: rcpt, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(0, 'localhost');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const to = ['ops@example.org', 'ada@example.org'];
  const mail = (more: { secret: string; authorities?: string }): AlertTarget => ({
    ...{ kind: 'mail' as const, server: `smtp://localhost:${port}`, user: 'hawser' },
    ...{ from: 'hawser@example.org', to, ...more },
  });
  const cases = [
    [{ secret: 'right' }, /certificate/],
    [{ secret: 'wrong', authorities: authority.cert }, /no such login/],
  ] as const;
  const filter = { severity: 'warning' } as const;
  await pass(0);
  await happens('down', 'anna and hub are apart');
  for (const [more, why] of cases) {
    await receive(mail(more), { made: String(why), filter });
    await pass(15 * minute);
    expect((await progress())?.failing?.why).toMatch(why);
  }
  expect(mails).toEqual([]);
  await receive(mail({ secret: 'right', authorities: authority.cert }), { filter });
  await pass(minute);
  expect(mails).toHaveLength(1);
  expect(mails[0]?.to).toEqual(to);
  expect(mails[0]?.text).toMatch(/^Subject: \[net\] critical: anna and hub are apart$/m);
  await new Promise<void>((resolve) => server.close(resolve));
});
