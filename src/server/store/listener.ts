import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Milliseconds between attempts to connect again. */
const retry = 500;
/** Milliseconds after which a silent connection is asked whether it lives. */
const heartbeat = 10_000;

/**
 * Listens on a channel of PostgreSQL for as long as it is open. After each connection `heard` is called
 * without a word: what was said meanwhile is lost.
 */
export class Listener {
  readonly #connect: () => pg.Client;
  readonly #channel: string;
  readonly #heard: (word: string | undefined) => void;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    connect: () => pg.Client,
    channel: string,
    heard: (word: string | undefined) => void,
  ) {
    this.#connect = connect;
    this.#channel = channel;
    this.#heard = heard;
    this.#running = this.#run();
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
    const client = this.#connect();
    client.on('error', () => {});
    const ended = once(client, 'end', { signal });
    // Its rejection is awaited below, unless connecting fails first.
    ended.catch(() => {});
    client.on('notification', ({ payload }) => this.#heard(payload));
    const beat = setInterval(() => void this.#ask(client), heartbeat).unref();
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
      this.#heard(undefined);
      await ended;
    } finally {
      clearInterval(beat);
      await client.end().catch(() => {});
    }
  }

  /** Ends a connection that does not answer: a peer that vanished sends nothing, not even an end. */
  async #ask(client: pg.Client): Promise<void> {
    const query = { text: 'select 1', query_timeout: heartbeat };
    await client.query(query).catch(() => client.end());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}
