import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { hostOf, urlOf } from './addresses.ts';
import { Alerts } from './alerts/alerts.ts';
import { Retention, Shipping, type Target } from './audit/index.ts';
import {
  type BackupCalls,
  type BackupPlan,
  Backups,
  backupBytes,
  backupsOf,
  type WriteBackup,
} from './backup/index.ts';
import { Certificates } from './certificates.ts';
import { ChangeOver } from './events/change-over.ts';
import { LoginFailures } from './events/login-failures.ts';
import { type FirstNetwork, type FirstTokens, firstStart } from './first.ts';
import { makeApp } from './http/app.ts';
import { Gate } from './http/auth.ts';
import { Failures } from './http/failures.ts';
import type { Context } from './http/handlers/context.ts';
import { handlersOf } from './http/handlers/index.ts';
import { PackageFolder } from './installer/packages.ts';
import { KnownServers } from './known-servers.ts';
import { Metrics } from './metrics.ts';
import type { Compiler, CompilerCalls } from './network/compiler.ts';
import type { Network } from './network/network.ts';
import { Networks } from './networks.ts';
import { Logins } from './oidc/logins.ts';
import type { Card } from './presence/card.ts';
import { Presence } from './presence/presence.ts';
import { Sessions } from './sessions.ts';
import { StatusListeners } from './status-page/listeners.ts';
import type { Store } from './store/contract.ts';
import { openStore, type StorePlace } from './store/index.ts';
import { Thread } from './thread/thread.ts';
import { Tokens } from './tokens.ts';

export interface ServerInit {
  /** Folder of the store. */
  readonly data: string;
  /** URL of a PostgreSQL database that is the store instead. */
  readonly database?: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Where machines reach it, for tokens: hosts, or whole URLs where the port is another one. */
  readonly addresses: readonly string[];
  /** Begun where the store has no network and no admin yet. */
  readonly firstNetwork?: FirstNetwork;
  /** The operator's own certificate instead of the server's. */
  readonly tls?: { readonly keyFile: string; readonly certFile: string };
  /** Of its program: it hands no newer one to agents. */
  readonly version?: string;
  /** Folder of the packages that it hands out. */
  readonly packages?: string;
  /** Folder of the dashboard, as the build makes it. */
  readonly dashboard?: string | undefined;
  /** Where the audit is sent too, and how many milliseconds it is kept here. */
  readonly audit?: { readonly syslog?: Target; readonly keep?: number };
  /** Milliseconds that agents have to confirm a change; 30,000 unless said. */
  readonly confirm?: number;
  /** Backups that it makes by itself. */
  readonly backups?: BackupPlan;
  readonly clock?: () => Date;
  readonly log: Logger;
}

/** Collaborators, made from `init` where they are not given. */
export interface ServerComponents {
  readonly store?: Store;
  readonly compiler?: Compiler;
}

export interface RunningServer {
  readonly port: number;
  readonly pin: string | undefined;
  /** Present at the first start only: texts that are shown once. */
  readonly firstTokens: FirstTokens | undefined;
  /** Whether it can hand out Hawser to a bare machine. */
  installs(): Promise<boolean>;
  close(): Promise<void>;
}

const placeOf = ({ data, database }: ServerInit): StorePlace =>
  database === undefined ? { data } : { database };

/**
 * Starts a server: store, certificate, networks, then the listener; closes what it opened if a stage
 * fails.
 * @throws server/store-..., and what the listener says
 */
export async function startServer(
  init: ServerInit,
  components: ServerComponents = {},
): Promise<RunningServer> {
  const store = components.store ?? (await openStore(placeOf(init)));
  try {
    return await startWith(init, store, components);
  } catch (error) {
    if (!components.store) await store.close();
    throw error;
  }
}

/** A server whose parts are put together and which does not listen yet. */
export interface Assembled {
  readonly app: FastifyInstance;
  readonly pin: string | undefined;
  readonly packages: PackageFolder;
  /** Tells the port that it got, and begins what a first start begins. */
  begin(port: number): Promise<FirstTokens | undefined>;
  close(): Promise<void>;
}

async function startWith(init: ServerInit, store: Store, own: ServerComponents) {
  const server = await assemble(init, store, own.compiler);
  try {
    await server.app.listen(init.listen);
    const { port } = server.app.server.address() as AddressInfo;
    const firstTokens = await server.begin(port);
    return {
      port,
      pin: server.pin,
      firstTokens,
      installs: async () => server.packages.some(),
      async close() {
        await server.close();
        if (!own.store) await store.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** @throws server/certificate-unusable, server/store-... */
export async function assemble(
  init: ServerInit,
  store: Store,
  compiler: Compiler = new Thread<CompilerCalls>('compiler'),
): Promise<Assembled> {
  const { listen, addresses, firstNetwork, tls, log, confirm, clock = () => new Date() } = init;
  const hosts = addresses.map(hostOf);
  const certificates = await Certificates.open({ store, names: hosts, clock, log, files: tls });
  const { pin } = certificates.current;
  let { port } = listen;
  const servers = () => addresses.map((address) => urlOf(address, port));
  const tokens = new Tokens(
    { servers: () => known.list, ...(pin !== undefined && { pin }) },
    store,
    clock,
  );
  const presence: Presence = new Presence({
    peers: store.peers,
    servers,
    onServers: () => void known.note().then(announce),
  });
  const others = () => presence.servers;
  const isInside = (server: string) => networks.areAt(hostOf(server));
  const known = new KnownServers({ store, clock, log, own: servers, others, isInside });
  const trust = () => ({ servers: known.list, authorities: certificates.current.authorities });
  const networks = new Networks({ store, compiler, clock, log, trust, presence, confirm });
  const announce = () => {
    for (const { hub: one } of networks.all) one.announceTrust();
  };
  await networks.start();
  const write = backupsOf(placeOf(init), clock, () => new Thread<BackupCalls>('backup'));
  const names = () => networks.all.map(({ network }) => network.name);
  const failedLogins = new LoginFailures({ store, clock, log, networks: names });
  const common = { store, compiler, tokens, clock, networks, servers };
  const parts = { ...common, write, certificates, failedLogins };
  const { app, packages } = await appOf(init, parts);
  certificates.follow(({ key, cert }) => {
    (app.server as Server).setSecureContext({ key, cert });
    announce();
  });
  const chores: { readonly close: () => Promise<void> }[] = [];
  return {
    app,
    pin,
    packages,
    async begin(given) {
      port = given;
      const first = { now: clock(), ...(firstNetwork && { firstNetwork }) };
      const firstTokens = await firstStart(store, tokens, first);
      if (firstTokens && firstNetwork) await networks.open(firstNetwork.network);
      await known.note();
      presence.open();
      const { dashboard } = init;
      chores.push(new StatusListeners({ networks, dashboard, log }));
      chores.push(...choresOf(init, write, { store, clock, log, networks, servers }));
      return firstTokens;
    },
    async close() {
      await Promise.all(chores.map(async (chore) => chore.close()));
      certificates.close();
      presence.close();
      await failedLogins.close();
      await networks.close();
      await app.close();
      await compiler.close();
    },
  };
}

/** What the API is made of. */
interface Parts
  extends Pick<Context, 'store' | 'compiler' | 'tokens' | 'clock' | 'networks' | 'servers'> {
  readonly write: WriteBackup;
  readonly certificates: Certificates;
  readonly failedLogins: LoginFailures;
}

async function appOf({ packages: folder, version, log, dashboard }: ServerInit, parts: Parts) {
  const { write, certificates, failedLogins, ...shared } = parts;
  const { store, tokens, networks, servers } = shared;
  const { pin } = certificates.current;
  const packages = new PackageFolder(folder);
  const sessions = new Sessions(store, shared.clock);
  const logins = new Logins({ store, sessions, clock: shared.clock, log });
  const handlers = handlersOf({
    ...{ ...shared, packages, version, logins },
    authorities: () => certificates.current.authorities,
    backup: async (passphrase) => backupBytes(async (file) => write(file, passphrase)),
  });
  const metrics = new Metrics(networks, store);
  const onFailure = (address: string, who?: string) => {
    metrics.failures.inc();
    failedLogins.note(address, who);
  };
  const gate = new Gate({ tokens, sessions, failures: new Failures(), onFailure });
  const own = { metrics, trouble: async () => troubleOf(store, networks) };
  const hub = (name: string) => networks.get(name).hub;
  const installer = { packages, servers, pin };
  const app = await makeApp(
    { handlers, gate, log, hub, own, installer, sessions, logins, tokens, dashboard, store },
    certificates.current,
  );
  return { app, packages };
}

/** What a server does now and then by itself. */
function choresOf(
  init: Pick<ServerInit, 'backups' | 'audit'>,
  write: WriteBackup,
  {
    networks,
    servers,
    ...common
  }: {
    readonly store: Store;
    readonly clock: () => Date;
    readonly log: Logger;
    readonly networks: Networks;
    readonly servers: () => readonly string[];
  },
): readonly { readonly close: () => Promise<void> }[] {
  const { backups: plan, audit: { syslog: target, keep } = {} } = init;
  const isShipped = target !== undefined;
  const all = () => networks.all.map(({ network }) => network);
  const cardOf = ({ name, snapshot }: Network, machine: string): Card | undefined =>
    networks.get(name).hub.present(snapshot.machines.get(machine)?.identity ?? '')?.card;
  return [
    new Alerts({ ...common, networks: all, cardOf }),
    new ChangeOver({
      ...common,
      networks: () => all().map(({ name }) => name),
      place: () => servers()[0],
    }),
    ...(plan ? [new Backups({ plan, write, ...common })] : []),
    ...(target ? [new Shipping({ target, ...common })] : []),
    ...(keep === undefined ? [] : [new Retention({ keep, isShipped, ...common })]),
  ];
}

/** What keeps a server from serving: a store that cannot be read, a network's file likewise. */
async function troubleOf(store: Store, networks: Networks): Promise<string | undefined> {
  try {
    await store.read(async (tx) => tx.networks());
  } catch (error) {
    return error instanceof Error ? error.message : 'the store cannot be read';
  }
  const [broken] = networks.broken;
  return broken === undefined ? undefined : `the network ${broken} cannot be served`;
}
