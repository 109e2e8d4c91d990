import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { apiErrors } from '#api';
import { hostOf, urlOf } from './addresses.ts';
import { Certificates } from './certificates.ts';
import { type FirstNetwork, type FirstTokens, firstStart } from './first.ts';
import { makeApp } from './http/app.ts';
import { Gate } from './http/auth.ts';
import { Failures } from './http/failures.ts';
import { handlersOf } from './http/handlers/index.ts';
import { Networks } from './networks.ts';
import type { Store } from './store/contract.ts';
import { openStore } from './store/index.ts';
import { Tokens } from './tokens.ts';

export interface ServerInit {
  /** Folder of the store. */
  readonly data: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Where machines reach it, for tokens: hosts, or whole URLs where the port is another one. */
  readonly addresses: readonly string[];
  /** Begun where the store has no network and no admin yet. */
  readonly firstNetwork?: FirstNetwork;
  /** The operator's own certificate instead of the server's. */
  readonly tls?: { readonly keyFile: string; readonly certFile: string };
  readonly clock?: () => Date;
  readonly log: Logger;
}

/** Collaborators, made from `init` where they are not given. */
export interface ServerComponents {
  readonly store?: Store;
}

export interface RunningServer {
  readonly port: number;
  readonly pin: string | undefined;
  /** Present at the first start only: texts that are shown once. */
  readonly firstTokens: FirstTokens | undefined;
  close(): Promise<void>;
}

/**
 * Starts a server: store, certificate, networks, then the listener; closes what it opened if a stage
 * fails.
 * @throws server/store-..., and what the listener says
 */
export async function startServer(
  init: ServerInit,
  components: ServerComponents = {},
): Promise<RunningServer> {
  const store = components.store ?? (await openStore({ data: init.data }));
  try {
    return await startWith(init, store, components);
  } catch (error) {
    if (!components.store) await store.close();
    throw error;
  }
}

async function startWith(
  { listen, addresses, firstNetwork, tls, log, clock = () => new Date() }: ServerInit,
  store: Store,
  components: ServerComponents,
): Promise<RunningServer> {
  const names = addresses.map(hostOf);
  const certificates = await Certificates.open({ store, names, clock, log, files: tls });
  const { pin } = certificates.current;
  let { port } = listen;
  const servers = () => addresses.map((address) => urlOf(address, port));
  const tokens = new Tokens({ servers, ...(pin !== undefined && { pin }) }, store, clock);
  const networks = new Networks({ store, clock, log });
  await networks.start();
  const handlers = handlersOf({
    store,
    tokens,
    clock,
    network: (name) => networks.get(name),
    opened: async (name) => networks.open(name),
    servers,
    authorities: () => certificates.current.authorities,
    backup: async () => {
      throw apiErrors.error('api/unavailable', { why: 'backups are not made here yet' });
    },
  });
  const gate = new Gate(tokens, new Failures(clock));
  const hub = (name: string) => networks.get(name).hub;
  const app = await makeApp({ handlers, gate, log, hub }, certificates.current);
  certificates.follow((renewed) => {
    (app.server as Server).setSecureContext({ key: renewed.key, cert: renewed.cert });
  });
  await app.listen(listen);
  port = (app.server.address() as AddressInfo).port;
  const first = { now: clock(), ...(firstNetwork && { firstNetwork }) };
  const firstTokens = await firstStart(store, tokens, first);
  if (firstTokens && firstNetwork) await networks.open(firstNetwork.network);
  return {
    port,
    pin,
    firstTokens,
    async close() {
      certificates.close();
      await networks.close();
      await app.close();
      if (!components.store) await store.close();
    },
  };
}
