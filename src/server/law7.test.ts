import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Problem } from '#api';
import { serverErrors } from './errors.ts';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';
import type { ChangeListener, Store, Transaction } from './store/contract.ts';
import { openStore } from './store/index.ts';

/** A store whose disk fails while a switch is on: at reading, or after so many words of a writing. */
class FailingStore implements Store {
  readonly #store: Store;
  #failing: 'no' | 'reads' | 'writes' = 'no';
  #listeners: ChangeListener[] = [];
  /** Writings that failed. */
  failures = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  fail(what: 'no' | 'reads' | 'writes'): void {
    this.#failing = what;
  }

  /** As another server would write. */
  async writeAside<T>(work: (tx: Transaction) => Promise<T>): Promise<void> {
    await this.#store.write(work);
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener('net', false);
  }

  get peers(): Store['peers'] {
    return this.#store.peers;
  }

  async read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#store.read(async (tx) => {
      const result = await work(tx);
      if (this.#failing === 'reads') throw broken();
      return result;
    });
  }

  async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#store.write(async (tx) => {
      const result = await work(tx);
      if (this.#failing === 'writes') {
        this.failures++;
        throw broken();
      }
      return result;
    });
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.push(listener);
    const stop = this.#store.onChange(listener);
    return () => {
      this.#listeners = [];
      stop();
    };
  }

  async close(): Promise<void> {
    return this.#store.close();
  }
}

const broken = () =>
  serverErrors.error('server/store-unreadable', { store: 'the disk', detail: 'EIO' });

async function withFailingStore(
  work: (server: TestServer, store: FailingStore) => Promise<void>,
): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'hawser-law7-'));
  const store = new FailingStore(await openStore({ data }));
  const server = await TestServer.start({ data }, { store });
  try {
    await work(server, store);
  } finally {
    store.fail('no');
    await server.stop();
    await store.close();
    rmSync(data, { recursive: true, force: true });
  }
}

const code = (body: unknown): unknown => (body as Problem).code;

test('a change that cannot be stored reaches no machine and leaves no trace', async () => {
  await withFailingStore(async (server, store) => {
    const channels = await server.populate('anna');
    const anna = channels.get('anna');
    const { entry, files, revision } = await server.call('pull', {});
    const text = `${files[entry]}defaults: { keepalive: 7 }\n`;
    const change = { entry, files: { ...files, [entry]: text }, base: revision };
    const [before, messages] = [JSON.stringify(anna?.state), anna?.messages.length];
    store.fail('writes');
    const answer = await server.ask('apply', {}, change);
    expect([answer.status, code(answer.body)]).toEqual([503, 'server/store-unreadable']);
    await anna?.settled();
    expect([JSON.stringify(anna?.state), anna?.messages.length]).toEqual([before, messages]);
    store.fail('no');
    expect((await server.call('pull', {})).revision).toEqual(revision);
    await server.call('apply', {}, change);
    await anna?.until((state) => JSON.stringify(state).includes('"keepalive":7'));
  });
});

test('a network that cannot be read to its end stays as it is on every machine, until it can', async () => {
  await withFailingStore(async (server, store) => {
    const channels = await server.populate('anna');
    const { entry, files } = await server.call('pull', {});
    const messages = [...channels.values()].map((channel) => channel.messages.length);
    store.fail('reads');
    await store.writeAside(async (tx) => {
      const network = await tx.network('net');
      if (!network) throw new Error('there is no network');
      const text = `${files[entry]}defaults: { keepalive: 7 }\n`;
      const changed = { entry, files: { [entry]: text } };
      const said = { kind: 'apply', at: '2026-01-01T00:00:00Z', author: 'other', why: '' } as const;
      const { facts } = network;
      const revision = { ...said, state: 'applied', summary: [], files: changed, facts } as const;
      await tx.addRevision('net', revision);
    });
    expect((await server.send('GET', '/readyz')).status).toBe(503);
    for (const channel of channels.values()) await channel.settled();
    expect([...channels.values()].map((channel) => channel.messages.length)).toEqual(messages);
    expect([...channels.values()].map(({ closed }) => closed)).toEqual([undefined, undefined]);
    store.fail('no');
    expect((await server.send('GET', '/readyz')).status).toBe(200);
    await channels.get('anna')?.until((state) => JSON.stringify(state).includes('"keepalive":7'));
  });
});

test('while the store cannot be read nobody is told that it was removed', async () => {
  await withFailingStore(async (server, store) => {
    const anna = new Machine('anna');
    await server.enrol(anna);
    await server.call('removeMachine', { machine: 'anna' });
    store.fail('reads');
    const channel = await server.connect(anna);
    expect(await channel.next('refused')).toMatchObject({ error: { code: 'api/unavailable' } });
    store.fail('no');
    await (await server.connect(anna)).next('removed');
  });
});

test('a known agent is served while the store cannot be read', async () => {
  await withFailingStore(async (server, store) => {
    const anna = new Machine('anna');
    (await server.enrol(anna)).close();
    store.fail('reads');
    await (await server.connect(anna)).next('state');
  });
});

test('what a machine said while nothing could be written is not lost', async () => {
  await withFailingStore(async (server, store) => {
    const hub = await server.enrol(new Machine('hub'), server.hubToken);
    const channel = await server.enrol(new Machine('anna'));
    await channel.next('state');
    store.fail('writes');
    const { keys } = new Machine('anna with another key');
    channel.say({ type: 'seen', keys });
    channel.report('confirmed');
    await expect.poll(() => store.failures).toBeGreaterThan(0);
    store.fail('no');
    await hub.until((state) => JSON.stringify(state.tunnels).includes(keys['0'] ?? ''));
  });
});
