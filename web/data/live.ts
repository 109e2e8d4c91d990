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

/** Keeps what is shown of a network fresh; whether the server tells of changes now. */
export function useLive(network: string): boolean {
  const client = useQueryClient();
  const [isLive, setLive] = useState(true);
  useEffect(() => {
    const refresher = new Refresher(client, network);
    const look = (topics: readonly Topic[]): void => {
      for (const topic of topics) void refresher.look(topic);
    };
    const source = new EventSource(`/v1/networks/${encodeURIComponent(network)}/events`);
    let wasBroken = false;
    source.addEventListener('open', () => {
      setLive(true);
      // What happened meanwhile was told to nobody.
      if (wasBroken) look(topics);
      wasBroken = false;
    });
    source.addEventListener('error', () => {
      setLive(false);
      wasBroken = true;
      // A session that ended is seen, and asked for anew.
      void client.refetchQueries({ queryKey: keys.session });
    });
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      look(JSON.parse(data) as Topic[]);
    });
    return () => source.close();
  }, [client, network]);
  return isLive;
}
