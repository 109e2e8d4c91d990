import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Topic } from '#api';
import { keys } from './queries.ts';

/** All that may change. */
const topics: readonly Topic[] = ['status', 'tunnels', 'monitors', 'events'];

/** Asks again for what changed; what changes meanwhile is asked for once more, after the answer. */
class Refresher {
  readonly #client: QueryClient;
  readonly #network: string;
  readonly #asked = new Set<Topic>();
  readonly #again = new Set<Topic>();

  constructor(client: QueryClient, network: string) {
    this.#client = client;
    this.#network = network;
  }

  async look(topic: Topic): Promise<void> {
    if (this.#asked.has(topic)) {
      this.#again.add(topic);
      return;
    }
    this.#asked.add(topic);
    await this.#client.refetchQueries({ queryKey: keys.of(this.#network, topic), type: 'active' });
    this.#asked.delete(topic);
    if (this.#again.delete(topic)) await this.look(topic);
  }
}

/** ms until a stream that was refused is asked for anew: at first, and at most; each pause is twice the one before. */
const pauses = { first: 1_000, most: 60_000 } as const;

interface Listener {
  readonly onOpen: () => void;
  readonly onError: () => void;
  readonly onNews: (topics: readonly Topic[]) => void;
}

/**
 * Listens to a network until it is closed. A browser opens a stream again that broke off, but never one that was answered
 * by anything but 200 (WHATWG HTML, 9.2.3: "fail the connection"), as by a server without its database, or a proxy without its server.
 */
class Stream {
  readonly #url: string;
  readonly #listener: Listener;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause: number = pauses.first;

  constructor(network: string, listener: Listener) {
    this.#url = `/v1/networks/${encodeURIComponent(network)}/events`;
    this.#listener = listener;
    this.#open();
  }

  #open(): void {
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#pause = pauses.first;
      this.#listener.onOpen();
    });
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) this.#openLater();
      this.#listener.onError();
    });
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      this.#listener.onNews(JSON.parse(data) as Topic[]);
    });
  }

  /** Pages that were refused together do not come back together. */
  #openLater(): void {
    this.#timer = setTimeout(() => this.#open(), this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, pauses.most);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}

/** Keeps what is shown of a network fresh; whether the server tells of changes now. */
export function useLive(network: string): boolean {
  const client = useQueryClient();
  const [isLive, setLive] = useState(true);
  useEffect(() => {
    const refresher = new Refresher(client, network);
    const onNews = (topics: readonly Topic[]): void => {
      for (const topic of topics) void refresher.look(topic);
    };
    let wasBroken = false;
    const stream = new Stream(network, {
      onNews,
      onOpen: () => {
        setLive(true);
        // What happened meanwhile was told to nobody.
        if (wasBroken) onNews(topics);
        wasBroken = false;
      },
      onError: () => {
        setLive(false);
        wasBroken = true;
        // A session that ended is seen, and asked for anew.
        void client.refetchQueries({ queryKey: keys.session });
      },
    });
    return () => stream.close();
  }, [client, network]);
  return isLive;
}
