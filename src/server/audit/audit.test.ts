import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditEntry } from '#api';
import { until } from '../../../tests/support/until.ts';
import { openStore, type Store } from '../store/index.ts';
import { messageOf } from './message.ts';
import { Retention, type RetentionInit } from './retention.ts';
import { Shipping } from './shipping.ts';
import { formatTarget, type Target, targetOf } from './target.ts';

const log = pino({ level: 'silent' });
const day = 24 * 3600 * 1000;
const now = new Date('2026-11-20T12:00:00.000Z');
const entry = (action: string, daysAgo = 0): Omit<AuditEntry, 'seq'> => ({
  at: new Date(now.getTime() - daysAgo * day).toISOString(),
  actor: 'ada',
  action,
  detail: { why: 'because' },
});

let data: string;
let store: Store;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'hawser-audit-'));
  store = await openStore({ data });
});
afterEach(async () => {
  await store.close();
  rmSync(data, { recursive: true, force: true });
});

const note = (...actions: readonly string[]) =>
  store.write(async (tx) => {
    for (const action of actions) await tx.addAudit(entry(action));
  });

const all = () => store.read((tx) => tx.audit({ limit: 10_000 }));

test('a message is one line of ASCII that RFC 5424 and JSON understand', () => {
  const said = { ...entry('join request'), seq: 7, detail: { why: 'ü\n', long: 'x'.repeat(100) } };
  const text = messageOf(said, { host: 'wü rzburg', pid: 9 });
  expect(text).toMatch(/^<109>1 2026-11-20T12:00:00\.000Z w__rzburg hawser 9 join_request - \{/);
  expect(text).toMatch(/^[ -~]+$/);
  expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual(said);
});

test('a message that receivers would cut says that it is not all', () => {
  const text = messageOf(
    { ...entry('x'), seq: 1, detail: 'x'.repeat(9000) },
    { host: 'h', pid: 9 },
  );
  expect(text.length).toBeLessThan(8192);
  expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({ detail: { cut: 9080 } });
});

test.each([
  ['udp://logs.example', 'udp://logs.example:514'],
  ['tcp://[2001:db8::1]:80', 'tcp://[2001:db8::1]:80'],
  ['unix:/dev/log', 'unix:/dev/log'],
  ['unix:///dev/log', 'unix:/dev/log'],
])('%s is a place for it', (text, place) => {
  expect(formatTarget(targetOf(text))).toBe(place);
});

test.each(['logs:514', 'http://a', 'udp://a/b', 'unix:log', 'tcp://', 'udp://a:99999'])(
  '%s is none',
  (text) => {
    expect(() => targetOf(text)).toThrow('is no address of a syslog server');
  },
);

test.each(['tcp://u:my/secret@h', 'tcp://u:my@secret@h', 'udp://:secret@h', 'u:my/secret@h'])(
  'what may be a password in %s is refused, and not shown',
  (text) => {
    const code = 'server/bad-syslog';
    expect(() => targetOf(text)).toThrow(
      expect.objectContaining({ code, message: expect.not.stringMatching(/my|secret/) }),
    );
  },
);

/** Sends from the first entry on, while `work` goes on. */
async function shipping(target: Target, work: (ship: Shipping) => Promise<void>): Promise<void> {
  const ship = new Shipping({ target, store, log });
  await ship.look();
  await work(ship);
  await ship.close();
}

const actionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/"action":"(\w+)"/g)].map(([, action = '']) => action);

test('goes out over UDP, a datagram each, from when it was asked for', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: string[] = [];
  socket.on('message', (text) => heard.push(String(text)));
  await note('before');
  await shipping({ over: 'udp', host: '127.0.0.1', port: socket.address().port }, async () => {
    await note('one', 'two');
    await until('both came', () => heard.length === 2);
  });
  expect(heard.flatMap(actionsIn)).toEqual(['one', 'two']);
  socket.close();
});

/** A syslog server over TCP, which can go away with all its connections. */
class Receiver {
  text = '';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (part) => {
        this.text += String(part);
      });
    }).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#server?.close();
    await once(this.#server as Server, 'close');
  }
}

test('goes out over TCP, each after its length; what a receiver missed comes when it is back', async () => {
  const receiver = new Receiver();
  await receiver.start();
  const target = { over: 'tcp', host: '127.0.0.1', port: receiver.port } as const;
  await shipping(target, async (ship) => {
    await note('one');
    await until('it came', () => actionsIn(receiver.text).includes('one'));
    const [, length, rest = ''] = /^(\d+) (.*)$/s.exec(receiver.text) ?? [];
    expect(rest).toHaveLength(Number(length));
    await receiver.stop();
    await note('two', 'three');
    await ship.look();
    receiver.text = '';
    await receiver.start();
    await until('all came', () => actionsIn(receiver.text).includes('three'));
    expect(actionsIn(receiver.text).filter((action) => action !== 'one')).toEqual(['two', 'three']);
  });
  await note('while away');
  receiver.text = '';
  await shipping(target, async () => {
    await until('it came', () => receiver.text.includes('while away'));
  });
  expect(actionsIn(receiver.text)).toEqual([]);
  await receiver.stop();
});

test('goes to the socket of the machine’s own syslog', async () => {
  const path = join(data, 'log');
  const program = `use Socket; socket(S, PF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un($ARGV[0]));
    $| = 1; print "ready\\n"; print "$m\\n" while defined recv(S, $m, 20000, 0);`;
  const daemon = spawn('perl', ['-e', program, path]);
  let heard = '';
  daemon.stdout.on('data', (part) => {
    heard += String(part);
  });
  await until('it listens', () => heard.includes('ready'));
  await shipping(targetOf(`unix:${path}`), async () => {
    await note('one', 'two');
    await until('both came', () => actionsIn(heard).length === 2);
  });
  expect(heard).toMatch(/^<133>.* hawser: \{"seq":1,/m);
  daemon.kill();
});

test('nobody who writes waits for a receiver that takes nothing', async () => {
  await shipping({ over: 'tcp', host: '127.0.0.1', port: 1 }, async () => {
    await note('one');
    expect(await all()).toHaveLength(1);
  });
});

async function trim(init: RetentionInit): Promise<void> {
  const retention = new Retention(init);
  await retention.look();
  await retention.close();
}

test('what is older than is wanted goes, and how much that was is kept', async () => {
  await store.write(async (tx) => {
    for (const days of [500, 401, 399, 0]) await tx.addAudit(entry(`d${days}`, days));
  });
  const init = { keep: 400 * day, isShipped: false, store, clock: () => now, log };
  await trim(init);
  const left = await all();
  expect(left.map(({ action }) => action)).toEqual(['d399', 'd0', 'audit-trim']);
  expect(left.at(-1)).toMatchObject({
    actor: 'server',
    detail: {
      count: 2,
      first: { seq: 1, at: entry('', 500).at },
      last: { seq: 2, at: entry('', 401).at },
    },
  });
  await trim(init);
  expect(await all()).toHaveLength(3);
});

test('a clock that is put forward makes nothing old', async () => {
  await store.write((tx) => tx.addAudit(entry('d399', 399)));
  let time = now;
  const init = { keep: 400 * day, isShipped: false, store, clock: () => time, log };
  const retention = new Retention(init);
  time = new Date(now.getTime() + 1000 * day);
  await retention.look();
  await retention.close();
  expect((await all()).map(({ action }) => action)).toEqual(['d399']);
});

test('what was not sent yet stays, however old', async () => {
  await store.write(async (tx) => {
    for (const days of [500, 450]) await tx.addAudit(entry(`d${days}`, days));
    await tx.putSetting('audit/shipped', '1');
  });
  const init = { keep: 400 * day, isShipped: true, store, clock: () => now, log };
  await trim(init);
  expect((await all()).map(({ action }) => action)).toEqual(['d450', 'audit-trim']);
});
