import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiErrors, eventsPath, type Topic } from '#api';
import { gistOf } from '../health/gist.ts';
import { judged } from '../health/tunnels.ts';
import type { Hub } from '../hub/hub.ts';
import type { Store } from '../store/contract.ts';

/** Whoever listens hears at most so often, in milliseconds. */
const pace = 200;
/** So often who listens is told that the server lives, and the server asks whether he may still, in milliseconds. */
const beatEvery = 15_000;
/**
 * Agents tell all the time how much came and went: whether a tunnel is another than it was is looked at so often, in
 * milliseconds, and for at most this share of the time; figures alone are told so seldom.
 */
const lookEvery = 1_000;
const share = 0.1;
const figuresEvery = 5_000;
/** Beyond, a new listener is refused: each holds a connection. */
const most = 500;

/** What may be another when an agent comes, goes or says what it did. */
const ofAgents = ['status', 'tunnels', 'monitors'] as const satisfies readonly Topic[];

interface Listener {
  readonly response: ServerResponse;
  /** Rejects where it may not listen any more. */
  readonly stillMay: () => Promise<void>;
}

/** Tells the browsers that look at a network that something changed in it. */
export class Feed {
  readonly #listeners = new Set<Listener>();
  readonly #changed = new Set<Topic>();
  #timer: NodeJS.Timeout | undefined;
  readonly #heart: NodeJS.Timeout;
  readonly #hub: Hub;
  readonly #watch: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #notBefore = 0;
  /** How all tunnels were when that was told last, and when figures were. */
  #gist: number | undefined;
  #figuresAt = 0;
  readonly #stop: () => void;

  /** `onEvents`: tells when something that happened was stored. */
  constructor(hub: Hub, onEvents: (listener: () => void) => () => void) {
    hub.onNews(() => this.#note(...ofAgents));
    this.#hub = hub;
    hub.onTold((what) => {
      if (what === 'samples') this.#lookSoon();
      else this.#note(what === 'segments' ? 'status' : what);
    });
    // Silence is no news, but something.
    this.#watch = setInterval(() => this.#lookSoon(), lookEvery).unref();
    hub.network.onChange(() => this.#note(...ofAgents));
    this.#stop = onEvents(() => this.#note('events'));
    this.#heart = setInterval(() => this.#beat(), beatEvery).unref();
  }

  /** @throws api/unavailable */
  add(listener: Listener): void {
    if (this.#listeners.size >= most) {
      throw apiErrors.error('api/unavailable', { why: `${most} pages are open already` });
    }
    this.#listeners.add(listener);
    const { response } = listener;
    response.on('error', () => undefined);
    response.once('close', () => this.#listeners.delete(listener));
  }

  close(): void {
    this.#stop();
    for (const timer of [this.#heart, this.#watch]) clearInterval(timer);
    clearTimeout(this.#soon);
    clearTimeout(this.#timer);
    for (const { response } of this.#listeners) response.end();
  }

  #lookSoon(): void {
    if (this.#listeners.size === 0 || this.#looking) return;
    this.#soon ??= setTimeout(
      () => {
        this.#soon = undefined;
        this.#looking = this.#look()
          // Where nothing can be compiled now, the next look finds it.
          .catch(() => undefined)
          .finally(() => {
            this.#looking = undefined;
          });
      },
      Math.max(pace / 2, this.#notBefore - performance.now()),
    ).unref();
  }

  async #look(): Promise<void> {
    const began = performance.now();
    const { network } = this.#hub;
    const { snapshot } = network;
    const pairs = await network.tunnelPairs(snapshot);
    let gist: number | undefined;
    for await (const status of judged(snapshot, this.#hub, pairs)) gist = gistOf(status, gist);
    const now = performance.now();
    this.#notBefore = now + (now - began) / share;
    if (gist === this.#gist && now - this.#figuresAt < figuresEvery) return;
    this.#gist = gist;
    this.#figuresAt = now;
    this.#note('tunnels');
  }

  #note(...topics: readonly Topic[]): void {
    if (this.#listeners.size === 0) return;
    for (const topic of topics) this.#changed.add(topic);
    this.#timer ??= setTimeout(() => this.#tell(), pace).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    const text = `data: ${JSON.stringify([...this.#changed])}\n\n`;
    this.#changed.clear();
    for (const { response } of this.#listeners) {
      // Who does not read gets the next one.
      if (!response.writableNeedDrain) response.write(text);
    }
  }

  #beat(): void {
    for (const { response, stillMay } of this.#listeners) {
      stillMay().then(
        () => response.write(': still here\n\n'),
        () => response.end(),
      );
    }
  }
}

/** The feeds of all networks, each begun when somebody listens first. */
export class Feeds {
  readonly #store: Pick<Store, 'onChange'>;
  readonly #feeds = new Map<Hub, Feed>();

  constructor(store: Pick<Store, 'onChange'>) {
    this.#store = store;
  }

  of(hub: Hub): Feed {
    const { name } = hub.network;
    const onEvents = (listener: () => void) =>
      this.#store.onChange((network) => {
        if (network === undefined || network === name) listener();
      });
    const feed = this.#feeds.get(hub) ?? new Feed(hub, onEvents);
    this.#feeds.set(hub, feed);
    return feed;
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
  }
}

export interface EventRoutes {
  /** @throws api/no-network */
  readonly hub: (network: string) => Hub;
  /** Rejects where a request may not be answered any more. */
  readonly stillMay: (request: FastifyRequest) => Promise<void>;
  readonly store: Pick<Store, 'onChange'>;
}

/** Server-sent events of a network (WHATWG HTML, 9.2). */
export function addEvents(app: FastifyInstance, { hub, stillMay, store }: EventRoutes): void {
  const feeds = new Feeds(store);
  app.addHook('preClose', async () => feeds.close());
  const known = { schema: { hide: true }, config: { permission: 'read' } } as const;
  app.get(eventsPath(':network'), known, async (request, reply) => {
    const { network } = request.params as { readonly network: string };
    const feed = feeds.of(hub(network));
    const { raw: response } = reply;
    feed.add({ response, stillMay: async () => stillMay(request) });
    reply.hijack();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 2000\n\n');
  });
}
