import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Milliseconds between attempts to connect again. */
const retry = 500;
/** Milliseconds between questions whether the connection lives, and whether this server leads. */
const heartbeat = 2_000;
/** Milliseconds after which no answer means that the connection is dead. */
const patience = 10_000;

export interface ListenerInit {
  readonly connect: () => pg.Client;
  /** Who is told what is said on a channel; without a word after each connection, since what was said meanwhile is lost. */
  readonly channels: Readonly<Record<string, (word: string | undefined) => void>>;
  /** Of the advisory lock that one listener has: the leader's. */
  readonly lock: number;
}

/**
 * A connection to PostgreSQL for as long as it is open: listens, says words to the other listeners, and
 * is the leader while it has the lock.
 */
export class Listener {
  readonly #init: ListenerInit;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #client: pg.Client | undefined;
  /** The question before: a client takes one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #leads = false;

  constructor(init: ListenerInit) {
    this.#init = init;
    this.#running = this.#run();
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** What cannot be said now is not said at all. */
  say(channel: string, words: readonly string[]): void {
    const client = this.#client;
    if (!client) return;
    const text = 'select pg_notify($1, word) from unnest($2::text[]) as word';
    this.#query(client, { text, values: [channel, words] }).catch(() => {});
  }

  /** After those before it. One that is not answered in time is the end of the connection. */
  #query<R extends pg.QueryResultRow>(client: pg.Client, query: pg.QueryConfig) {
    const limited = { ...query, query_timeout: patience } as pg.QueryConfig;
    const answer = this.#last.then(async () => client.query<R>(limited));
    this.#last = answer.catch(async (error: { readonly code?: string }) => {
      // What the database itself refuses has a code, and the connection lives.
      if (error.code === undefined) await client.end().catch(() => {});
    });
    return answer;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#listenOnce(signal).catch(() => {});
      await sleep(retry, undefined, { signal }).catch(() => {});
    }
  }

  /** Returns or throws when the connection has ended. */
  async #listenOnce(signal: AbortSignal): Promise<void> {
    const { connect, channels } = this.#init;
    const client = connect();
    this.#last = Promise.resolve();
    client.on('error', () => {});
    const ended = once(client, 'end', { signal });
    // Its rejection is awaited below, unless connecting fails first.
    ended.catch(() => {});
    client.on('notification', ({ channel, payload }) => channels[channel]?.(payload));
    const beat = setInterval(() => void this.#ask(client), heartbeat).unref();
    try {
      await client.connect();
      for (const channel of Object.keys(channels))
        await this.#query(client, { text: `listen ${channel}` });
      await this.#ask(client);
      this.#client = client;
      for (const heard of Object.values(channels)) heard(undefined);
      await ended;
    } finally {
      clearInterval(beat);
      this.#client = undefined;
      this.#leads = false;
      await client.end().catch(() => {});
    }
  }

  /**
   * Asks for the lock, which shows too whether the connection lives: a peer that vanished sends nothing,
   * not even an end. It does not wait for the lock: a waiting statement would keep old rows from being
   * cleaned away.
   */
  async #ask(client: pg.Client): Promise<void> {
    const text = this.#leads
      ? 'select true as leads'
      : `select pg_try_advisory_lock(${this.#init.lock}) as leads`;
    try {
      const { rows } = await this.#query<{ leads: boolean }>(client, { text });
      this.#leads = rows[0]?.leads ?? false;
    } catch {
      await client.end().catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}
