import { networkInterfaces } from 'node:os';
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { statusPagePath } from '#api';
import { addDashboard } from '../http/dashboard.ts';
import type { Hub } from '../hub/hub.ts';
import type { Networks } from '../networks.ts';
import { addPublicStatus } from './routes.ts';

/** Tunnels come and go: so often it is looked which addresses there are, in milliseconds. */
const lookEvery = 2000;

export interface ListenersInit {
  readonly networks: Networks;
  /** Folder of the dashboard's files. */
  readonly dashboard: string | undefined;
  readonly log: Logger;
}

interface Place {
  readonly hub: Hub;
  readonly host: string;
  readonly port: number;
}

/** Overlay addresses of this host at which networks want their status page. */
function placesOf(networks: Networks): ReadonlyMap<string, Place> {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []),
  );
  const wanted = networks.all.flatMap(({ network: { snapshot }, hub }) => {
    const { port } = snapshot.statusPage ?? {};
    if (port === undefined) return [];
    const all = [...snapshot.names.values()].flatMap(({ overlay }) => overlay);
    return all.filter((host) => own.has(host)).map((host) => ({ hub, host, port }));
  });
  return new Map(wanted.map((place) => [`${place.host} ${place.port}`, place]));
}

/**
 * The status page without TLS, at the overlay addresses of this host alone: what comes there came through a tunnel, and
 * browsers show no warning.
 */
export class StatusListeners {
  readonly #init: ListenersInit;
  readonly #open = new Map<string, FastifyInstance>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();

  constructor(init: ListenersInit) {
    this.#init = init;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(async () => this.#look());
    }, lookEvery).unref();
  }

  async #look(): Promise<void> {
    const places = placesOf(this.#init.networks);
    for (const [key, app] of this.#open) {
      if (places.has(key)) continue;
      this.#open.delete(key);
      await app.close();
    }
    for (const [key, place] of places) if (!this.#open.has(key)) await this.#listen(key, place);
  }

  /** An address that is not there yet, or a port that somebody has, is tried again at the next look. */
  async #listen(key: string, { hub, host, port }: Place): Promise<void> {
    const { log, dashboard } = this.#init;
    const app = fastify({ forceCloseConnections: true, bodyLimit: 1024 });
    addPublicStatus(app, () => hub);
    app.get('/', async (_, reply) => reply.redirect(statusPagePath(hub.network.name)));
    if (dashboard !== undefined) addDashboard(app, dashboard, [statusPagePath(':network')]);
    try {
      await app.listen({ host, port });
      this.#open.set(key, app);
    } catch (error) {
      log.warn({ err: error, host, port }, 'the status page cannot be shown there');
      await app.close();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all([...this.#open.values()].map(async (app) => app.close()));
  }
}
