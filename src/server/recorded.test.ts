import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { FromAgent, ToAgent } from '#api';
import packageFile from '../../package.json' with { type: 'json' };
import {
  type Frame,
  isFrame,
  type Message,
  namesState,
  recordings,
  retold,
  type StateName,
} from '../../tests/recorded/recorded.ts';
import { type Call, putPackage, story } from '../../tests/recorded/story.ts';
import { Channel, Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

/** ms that the server has for what it said then. */
const patience = 4_000;

/** The agent of a release: it says what it said then, to a server that is here now. */
class RecordedAgent {
  readonly #server: TestServer;
  readonly #machine: Machine;
  readonly #say: (message: object) => readonly object[];
  readonly #channels = new Map<number, Channel>();
  readonly #nonces = new Map<number, string>();
  /** What states are called now, by the hashes that they had then. */
  readonly #names = new Map<string, StateName>();
  /**
   * What it saw of its underlay: said only when the server's answer to that comes next, since how fast
   * the server takes it up is chance.
   */
  #seen: Message | undefined;

  constructor(server: TestServer, machine: Machine, say: (message: object) => readonly object[]) {
    this.#server = server;
    this.#machine = machine;
    this.#say = say;
  }

  #channel(connection: number): Channel {
    const known = this.#channels.get(connection);
    const channel = known ?? new Channel(this.#server.port, this.#server.network);
    this.#channels.set(connection, channel);
    return channel;
  }

  /** Says a frame, or hears it: with all that it said then. */
  async take({ connection, from, message }: Frame): Promise<void> {
    const channel = this.#channel(connection);
    if (from === 'agent') {
      if (message.type === 'seen' && 'mtu' in message) {
        this.#seen = message;
        return;
      }
      for (const one of this.#say(this.#today(connection, message))) channel.say(one);
      return;
    }
    if (message.type === 'delta' && this.#seen) {
      channel.say(this.#seen);
      this.#seen = undefined;
    }
    const said = await this.#hear(channel, message.type as ToAgent['type']);
    expect(Object.keys(said)).toEqual(expect.arrayContaining(Object.keys(message)));
    if (message.type === 'challenge') this.#nonces.set(connection, String(said['nonce']));
    if (namesState(message) && namesState(said)) this.#names.set(message.hash, named(said));
  }

  async #hear(channel: Channel, type: ToAgent['type']): Promise<Message> {
    const waiting = new AbortController();
    const late = sleep(patience, undefined, waiting).then(() => {
      throw new Error(`the server does not say ${type} here, as it did`);
    });
    const said = await Promise.race([channel.next(type), late]);
    waiting.abort();
    late.catch(() => undefined);
    return said;
  }

  /** A message with what states are called now, and a proof for this connection. */
  #today(connection: number, message: Message): object {
    const said = { ...message, ...(namesState(message) && this.#nameOf(message)) };
    if (message.type !== 'hello') return said;
    const { identity: _, signature: __, has, confirmed, ...rest } = message;
    return this.#machine.hello(this.#server.network, this.#nonces.get(connection) ?? '', {
      ...(rest as Partial<Extract<FromAgent, { type: 'hello' }>>),
      ...(namesState(has) && { has: this.#nameOf(has) }),
      ...(namesState(confirmed) && { confirmed: this.#nameOf(confirmed) }),
    });
  }

  #nameOf({ hash }: StateName): StateName {
    const name = this.#names.get(hash);
    if (name) return name;
    throw new Error(`no state was sent for ${hash}`);
  }
}

const named = ({ epoch, rev, hash }: StateName): StateName => ({ epoch, rev, hash });

const keysIn = (message: Message | undefined): Record<string, string> =>
  (message?.['keys'] ?? {}) as Record<string, string>;

test('what this release says is kept', () => {
  expect(recordings().at(-1)?.version).toBe(packageFile.version);
});

test.each(retold())(
  'this server understands the agent of $told, and the agent it',
  async ({ lines, say }) => {
    const packages = mkdtempSync(join(tmpdir(), 'hawser-packages-'));
    putPackage(packages);
    await using server = await TestServer.start({ packages });
    const call = server.call.bind(server) as unknown as Call;
    await server.call('join', {}, new Machine('hub').joinRequest('net'), server.hubToken);
    const made = { role: 'join', name: 'join', network: 'net', admits: false } as const;
    const { token } = await server.call('createToken', {}, made);
    const anna = new Machine('anna');
    const hello = lines.filter(isFrame).find(({ message }) => message.type === 'hello');
    Object.assign(anna.keys, keysIn(hello?.message));
    await server.call('join', {}, anna.joinRequest('net'), token);

    const agent = new RecordedAgent(server, anna, say);
    let before = '';
    for (const line of lines) {
      const text = JSON.stringify(line);
      if (!isFrame(line)) {
        if (line.step === 'it leaves') expect(await statusOf(server)).toMatchObject(fine);
        await story[line.step]?.server?.(call);
      } else if (text !== before) await agent.take(line);
      before = text;
    }
    expect((await server.call('history', {})).at(0)).toMatchObject(gone);
    const entries = await server.call('audit', {});
    const drift = { actor: 'anna', detail: { changes: [expect.stringContaining('add address')] } };
    expect(entries.find(({ action }) => action === 'drift')).toMatchObject(drift);
    const upgraded = entries.find(({ action, actor }) => action === 'upgrade' && actor === 'anna');
    expect(upgraded).toMatchObject({ detail: { outcome: 'failed' } });
    rmSync(packages, { recursive: true });
  },
);

const statusOf = async (server: TestServer) =>
  (await server.call('status', {})).machines.find(({ name }) => name === 'anna');

const fine = { connected: true, confirmed: 3, wanted: 3, notes: [], failures: [] };
const gone = { kind: 'remove', author: 'anna' };
