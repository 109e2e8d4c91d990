import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Store as AgentStore, Enrolments } from '#agent';
import type { FromAgent } from '#api';
import { openStore, type Store, serverCertificate } from '#server';
import { delta, type HostState, hashState } from '#state';
import { machineState } from '../support/states.ts';
import { until } from '../support/until.ts';
import { FakeMachine } from './daemons.ts';

/** A server that says what a test wants, by the protocol or against it. */
class Puppet {
  readonly #https: HttpsServer;
  readonly sockets: WebSocket[] = [];
  readonly heard: FromAgent[] = [];
  /** Whether it answers when it is asked for a sign of life. */
  answers = true;
  /** Seconds for which it takes no WebSocket, as it says; and when it was asked, by performance.now. */
  pause: number | undefined;
  readonly asked: number[] = [];
  /** What it says after a hello. */
  answer: readonly unknown[] = [];
  challenge: unknown = {
    type: 'challenge',
    version: 1,
    nonce: Buffer.alloc(32).toString('base64'),
  };

  constructor(key: string, cert: string) {
    this.#https = createServer({ key, cert });
    const sockets = new WebSocketServer({
      server: this.#https,
      autoPong: false,
      verifyClient: (_, done) => {
        this.asked.push(performance.now());
        done(this.pause === undefined, 429, 'Later', { 'retry-after': String(this.pause) });
      },
    });
    sockets.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('ping', (data) => this.answers && socket.pong(data));
      socket.on('message', (data: Buffer) =>
        this.#hear(socket, JSON.parse(data.toString()) as FromAgent),
      );
      say(socket, this.challenge);
    });
  }

  #hear(socket: WebSocket, message: FromAgent): void {
    this.heard.push(message);
    if (message.type === 'hello') for (const one of this.answer) say(socket, one);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#https.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(this.#https.address() as AddressInfo).port}`;
  }

  say(message: unknown): void {
    const socket = this.sockets.at(-1);
    if (socket) say(socket, message);
  }

  /** Says a part of a message that goes on; resolves when the agent has it. */
  async part(): Promise<void> {
    const socket = this.sockets.at(-1);
    socket?.send(' ', { fin: false });
    socket?.ping();
    await once(socket as WebSocket, 'pong');
  }

  /** What it heard of a kind, oldest first. */
  of<T extends FromAgent['type']>(type: T): Extract<FromAgent, { type: T }>[] {
    return this.heard.filter((one) => one.type === type) as Extract<FromAgent, { type: T }>[];
  }

  close(): void {
    for (const socket of this.sockets) socket.terminate();
    this.#https.close();
  }
}

const say = (socket: WebSocket, message: unknown): void =>
  socket.send(typeof message === 'string' ? message : JSON.stringify(message));

const state = (address = '10.0.0.5/32', init: Partial<HostState> = {}): HostState => ({
  ...machineState({ machine: 'anna', network: 'net', addresses: [address] }),
  ...init,
});
const stateMessage = (whole: HostState, rev = 1) => {
  return { type: 'state', epoch: 'test', rev, hash: hashState(whole), state: whole };
};

let folder: string;
let store: Store;
let pair: Awaited<ReturnType<typeof serverCertificate>>;
let server: Puppet;
let anna: FakeMachine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-puppet-'));
  store = await openStore({ data: folder });
  pair = await serverCertificate(store, { names: ['localhost'], clock: () => new Date() });
});

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  server = new Puppet(pair.key, pair.cert);
  anna = new FakeMachine('anna');
  await enrol({ pin: pair.pin ?? '' });
});

afterEach(async () => {
  await anna[Symbol.asyncDispose]();
  server.close();
});

const enrol = async (more: { readonly pin?: string; readonly authorities?: string[] }) => {
  const url = await server.listen();
  new Enrolments(anna.stateDir).put({
    network: 'net',
    machine: 'anna',
    servers: [url],
    authorities: [],
    ...more,
  });
};

const addresses = (): readonly string[] =>
  anna.kernel.of('addresses').map(({ item }) => item.address);

const outcomes = (): readonly string[] => server.of('report').map(({ outcome }) => outcome);

describe('an agent takes from a server', () => {
  test('a state, says so, and confirms it on a connection of its own', async () => {
    server.answer = [stateMessage(state())];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
    expect(outcomes()[0]).toBe('applied');
    expect(server.sockets.length).toBeGreaterThan(1);
    const [first, second] = server.of('hello');
    expect(first?.has).toBeUndefined();
    expect(second).toMatchObject({ has: { rev: 1, hash: hashState(state()) } });
    expect(second?.confirmed).toBeUndefined();
  });

  test('a change to what it has, and no other', async () => {
    server.answer = [stateMessage(state())];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
    server.answer = [{ type: 'freeze', frozen: false }];
    const next = state('10.0.0.6/32');
    const change = { type: 'delta', epoch: 'test', rev: 2, delta: delta(state(), next) };
    server.say({ ...change, hash: hashState(next), from: 'another' });
    await until('it asks for the whole', () => outcomes().includes('waiting'));
    server.say({ ...change, hash: hashState(next), from: hashState(state()) });
    await until('it is in the kernel', () => addresses().includes('10.0.0.6/32'));
  });

  test('the values of secrets, and keeps them to itself', async () => {
    const peers = {
      hub: { carries: ['10.0.0.0/24'], presharedKey: { id: 'net/hub', version: 1 } },
    };
    const whole = machineState({ machine: 'anna', network: 'net', peers });
    const value = Buffer.alloc(32, 7).toString('base64');
    server.answer = [{ ...stateMessage(whole), secrets: { 'net/hub@1': value } }];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
    expect(new AgentStore(anna.stateDir).secrets('net').get('net/hub@1')?.reveal()).toBe(value);
    expect(JSON.stringify([anna.lines, server.heard])).not.toContain(value);
  });

  test('new addresses and authorities of servers, and keeps the address that works', async () => {
    server.answer = [{ type: 'freeze', frozen: false }];
    await anna.start();
    await until('it is connected', () => server.of('hello').length > 0);
    const servers = ['https://192.0.2.1:7443', 'https://192.0.2.2:7443'];
    server.say({ type: 'trust', servers, authorities: [...pair.authorities] });
    const known = () => new Enrolments(anna.stateDir).find('net');
    const present = known()?.servers ?? [];
    await until('it knows them', () => known()?.servers.length === 3);
    const all = [...servers, ...present];
    expect(known()).toMatchObject({ servers: all, authorities: pair.authorities });
  });
});

describe('an agent refuses from a server', () => {
  test('addresses that lead nowhere: it stays, and says so', async () => {
    server.answer = [{ type: 'freeze', frozen: false }];
    await anna.start();
    await until('it is connected', () => server.of('hello').length > 0);
    server.say({ type: 'trust', servers: ['https://a b', 'nonsense'], authorities: [] });
    await until('it knows them', () => new Enrolments(anna.stateDir).find('net')?.servers[1]);
    server.close();
    const status = await anna.until('it says why', ({ unreachable }) => unreachable !== undefined);
    expect(status.unreachable).toMatchObject({ code: 'agent/no-connection' });
    await until('it goes on trying', () => anna.lines.some((line) => /no URL/.test(line)));
  });

  const cases: Readonly<Record<string, [unknown, string]>> = {
    'a state that is not what its hash says': [
      { ...stateMessage(state()), hash: hashState(state('10.0.0.6/32')) },
      'agent/bad-message',
    ],
    "another network's state": [
      stateMessage(state(undefined, { network: 'other' })),
      'agent/bad-message',
    ],
    'a state of a later kind': [
      { ...stateMessage(state()), state: { ...state(), format: 99 } },
      'state/format-too-new',
    ],
    'no state at all': [{ ...stateMessage(state()), state: [] }, 'state/malformed'],
  };
  test.each(Object.entries(cases))('%s, and stays as it is', async (_, [message, code]) => {
    server.answer = [message];
    await anna.start();
    await until('it says so', () => outcomes().includes('failed'));
    expect(server.of('report')[0]?.failures).toMatchObject([{ code }]);
    expect(addresses()).toEqual(['192.168.66.4/24']);
  });

  test.each([
    ['what is no JSON', 'nonsense{'],
    ['a message that lacks what it should say', { type: 'state', rev: 'x' }],
  ])('%s, by ending the connection', async (_, message) => {
    server.answer = [message];
    await anna.start();
    const status = await anna.until('it says why', ({ unreachable }) => unreachable !== undefined);
    expect(status.unreachable).toMatchObject({ code: 'agent/bad-message' });
    expect(addresses()).toEqual(['192.168.66.4/24']);
  });

  test('nothing that a newer server may say: it goes on', async () => {
    server.answer = [{ type: 'weather', mood: 'fine' }, stateMessage(state())];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
  });

  test('a channel of another version, and says which it speaks', async () => {
    server.challenge = { type: 'challenge', version: 2, nonce: '' };
    await anna.start();
    const status = await anna.until('it says why', ({ unreachable }) => unreachable !== undefined);
    expect(status.unreachable).toMatchObject({ code: 'agent/other-channel' });
    expect(server.of('hello')).toEqual([]);
  });
});

describe('an agent waits', () => {
  /** Ms between two signs of life that it wants. */
  const pulse = 15_000;
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  test('for a message that takes long, and not for a server that says nothing', async () => {
    server.answer = [stateMessage(state())];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
    const connections = server.sockets.length;
    server.answers = false;
    for (let i = 0; i < 3; i++) {
      await server.part();
      vi.advanceTimersByTime(pulse);
    }
    expect(await anna.status()).toMatchObject({ connected: true });
    expect(server.sockets).toHaveLength(connections);
    vi.advanceTimersByTime(2 * pulse);
    await until('it connects anew', () => server.sockets.length > connections);
  });
});

describe('an agent talks', () => {
  test('only to the server whose key it was told', async () => {
    await enrolAgain({ pin: Buffer.alloc(32).toString('base64') });
    await anna.start();
    const status = await anna.until('it says why', ({ unreachable }) => unreachable !== undefined);
    expect(status.unreachable).toMatchObject({ code: 'agent/wrong-server' });
    expect(server.sockets).toEqual([]);
  });

  test('to a server whose authority it was told, by whatever name', async () => {
    await enrolAgain({ authorities: [...pair.authorities] });
    server.answer = [stateMessage(state())];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
  });

  test('to the server whose key it was told, also where one of their clocks is wrong', async () => {
    const late = await serverCertificate(store, {
      names: ['127.0.0.1'],
      clock: () => new Date(Date.now() - 200 * 86_400_000),
    });
    const told = { authorities: [...late.authorities], pin: late.pin };
    await enrolAgain({ ...told, pin: Buffer.alloc(32).toString('base64') }, late);
    await anna.start();
    const status = await anna.until('it says why', ({ unreachable }) => unreachable !== undefined);
    expect(status.unreachable).toMatchObject({
      code: 'agent/wrong-server',
      message: expect.stringContaining('expired') as string,
    });
    await anna.stop();
    await enrolAgain(told, late);
    server.answer = [stateMessage(state())];
    await anna.start();
    await until('it is confirmed', () => outcomes().includes('confirmed'));
  });

  test('to nobody that a public authority would have to vouch for, and none does', async () => {
    await enrolAgain({});
    await anna.start();
    const status = await anna.until('it says why', ({ unreachable }) => unreachable !== undefined);
    expect(status.unreachable).toMatchObject({ code: 'agent/wrong-server' });
    expect(server.sockets).toEqual([]);
  });

  test('later to one that refuses it, and as late as it was told', async () => {
    const error = { code: 'x/y', severity: 'error', message: 'no', fix: 'wait' };
    server.answer = [{ type: 'refused', error, again: 3600 }];
    await anna.start();
    await anna.until('it says why', ({ unreachable }) => unreachable?.code === 'x/y');
    expect(server.sockets).toHaveLength(1);
  });

  test('later to one that has too much to do, and as late as it was told', async () => {
    server.pause = 1;
    await anna.start();
    await until('it asks again', () => server.asked.length > 1);
    const [first = 0, second = 0] = server.asked;
    expect(second - first).toBeGreaterThanOrEqual(1000);
  });

  const enrolAgain = async (
    trust: { readonly pin?: string; readonly authorities?: string[] },
    { key, cert } = pair,
  ): Promise<void> => {
    server.close();
    server = new Puppet(key, cert);
    await enrol(trust);
  };
});
