import { join } from 'node:path';
import { canonicalJson, type Diagnostic, HawserError, Secret } from '#base';
import { type HostState, parseHostState, type Tunnel } from '#state';
import { generateKeyPair, publicKeyOf } from '#wireguard';
import { Adoptions } from './adoption/adoption.ts';
import { agentErrors } from './errors.ts';
import type { KnownHosts } from './lookups/learned.ts';
import { closeToOthers } from './modes.ts';
import { PrivateFiles } from './private-files.ts';

/** Where a machine keeps what must survive: keys, secrets and the last known good states. */
export const defaultStateFolder = '/var/lib/hawser';

const isClosed = (error: unknown): boolean =>
  error instanceof HawserError && error.code === 'agent/not-permitted';

/** Secrets that a state refers to, `id@version`: those in use, and those that are to follow. */
const referencesOf = ({ tunnels }: HostState): readonly string[] =>
  Object.values(tunnels).flatMap(({ peers }) =>
    Object.values(peers).flatMap(({ presharedKey, nextPresharedKey }) =>
      [presharedKey, nextPresharedKey].flatMap((secret) =>
        secret ? [`${secret.id}@${secret.version}`] : [],
      ),
    ),
  );

const isBrought = (reference: string): boolean => reference.startsWith('adopted-');

const keyName = (network: string, lane: number): string => join('keys', network, `${lane}.key`);
/** Where the key of a lane waits that is to follow the one in use. */
const nextName = (network: string, lane: number): string =>
  join('keys', network, `${lane}.next.key`);
const secretsName = (network: string): string => join('secrets', `${network}.json`);
const stateName = (network: string): string => join('networks', network, 'state.json');
const hostsName = (network: string): string => join('networks', network, 'hosts.json');
const endpointsName = (network: string): string => join('networks', network, 'endpoints.json');

/** A private key that is here. */
export interface HeldKey {
  readonly file: string;
  readonly publicKey: string;
}

/** What a machine keeps of its networks, closed to all others (law 9). */
export class Store {
  readonly adoptions: Adoptions;
  readonly #files: PrivateFiles;

  constructor(folder: string = defaultStateFolder) {
    this.#files = new PrivateFiles(folder);
    this.adoptions = new Adoptions(folder);
  }

  /** Closes all of it to other users, and tells what was open. @throws agent/not-permitted */
  close(): readonly Diagnostic[] {
    return closeToOthers(this.#files.folder);
  }

  /** Networks that this machine has or had keys or a state of. */
  networks(): readonly string[] {
    const found = ['keys', 'networks'].flatMap((folder) => this.#files.list(folder));
    return [...new Set(found)].sort();
  }

  /** File of the private key of a lane. */
  keyFile(network: string, lane: number): string {
    return this.#files.path(keyName(network, lane));
  }

  hasKey(network: string, lane: number): boolean {
    return this.#files.read(keyName(network, lane)) !== undefined;
  }

  /** The public key of a lane; its private key is born at the first call. @throws agent/no-key-file */
  publicKey(network: string, lane: number): string {
    return this.#publicKeyIn(keyName(network, lane));
  }

  #publicKeyIn(name: string): string {
    const known = this.#knownIn(name);
    if (known !== undefined) return known;
    const { privateKey } = generateKeyPair();
    this.#files.writeNew(name, `${privateKey.reveal()}\n`);
    return this.#publicKeyIn(name);
  }

  #knownIn(name: string): string | undefined {
    try {
      const known = this.#files.read(name);
      return known === undefined ? undefined : publicKeyOf(new Secret(known.trim()));
    } catch (cause) {
      if (isClosed(cause)) throw cause;
      const [file, detail] = [this.#files.path(name), (cause as Error).message];
      throw agentErrors.error('agent/no-key-file', { file, detail }, { cause });
    }
  }

  /**
   * The key that a tunnel is to have, born where there is none: the one that the state names, if it is
   * held; another than `replaces`; else the lane's own. @throws agent/no-key-file
   */
  keyFor(network: string, { lane, key }: Pick<Tunnel, 'lane' | 'key'>): HeldKey {
    const [name, next] = [keyName(network, lane), nextName(network, lane)];
    const { publicKey, replaces } = key;
    const own = { file: this.#files.path(name), publicKey: this.#publicKeyIn(name) };
    const file = this.#files.path(next);
    if (publicKey === undefined && own.publicKey === replaces) {
      return { file, publicKey: this.#publicKeyIn(next) };
    }
    if (publicKey === undefined || publicKey === own.publicKey) return own;
    return this.#knownIn(next) === publicKey ? { file, publicKey } : own;
  }

  /**
   * Drops the keys that a confirmed state has no use for: what came before the key that it names, and
   * those of lanes that it has not. A key that is not wanted back must not lie about.
   */
  #settleKeys({ network, tunnels }: HostState): void {
    const lanes = new Map(Object.values(tunnels).map(({ lane, key }) => [lane, key]));
    for (const lane of this.#lanes(network)) {
      const [name, next] = [keyName(network, lane), nextName(network, lane)];
      const wanted = lanes.get(lane);
      const isGone = wanted === undefined && lanes.size > 0;
      if (isGone) for (const one of [name, next]) this.#files.remove(one);
      if (wanted?.publicKey === undefined) continue;
      if (this.#knownIn(next) === wanted.publicKey) this.#files.rename(next, name);
      else if (this.#knownIn(name) === wanted.publicKey) this.#files.remove(next);
    }
  }

  /** Lanes of a network with keys here. */
  #lanes(network: string): ReadonlySet<number> {
    const names = this.#files.list(join('keys', network));
    const found = names.flatMap((name) => /^(\d+)(?:\.next)?\.key$/.exec(name)?.[1] ?? []);
    return new Set(found.map(Number));
  }

  /** Gives a lane that has none a private key that was born elsewhere. */
  bringKey(network: string, lane: number, privateKey: Secret): void {
    this.#files.writeNew(keyName(network, lane), `${privateKey.reveal()}\n`);
  }

  /** All secrets of a network, by `id@version`: one file, since a hub has one for every peer. */
  secrets(network: string): ReadonlyMap<string, Secret> {
    const text = this.#files.read(secretsName(network)) ?? '{}';
    const values = Object.entries(JSON.parse(text) as Record<string, string>);
    return new Map(values.map(([reference, value]) => [reference, new Secret(value)]));
  }

  /** Drops what a confirmed state has no use for, nor others that may come. */
  settle(confirmed: HostState, others: readonly (HostState | undefined)[]): void {
    this.#settleKeys(confirmed);
    const states = [confirmed, ...others].filter((state) => state !== undefined);
    this.#settleSecrets(confirmed.network, states);
  }

  /** Forgets secrets that none of the states refers to, but for those that were brought along. */
  #settleSecrets(network: string, states: readonly HostState[]): void {
    const wanted = new Set(states.flatMap(referencesOf));
    const all = [...this.secrets(network)];
    const kept = all.filter(([reference]) => wanted.has(reference) || isBrought(reference));
    if (kept.length === all.length) return;
    const values = Object.fromEntries(
      kept.map(([reference, value]) => [reference, value.reveal()]),
    );
    this.#files.write(secretsName(network), `${canonicalJson(values)}\n`);
  }

  /** Adds secrets; what is there under one `id@version` never changes. */
  putSecrets(network: string, secrets: ReadonlyMap<string, Secret>): void {
    const known = this.secrets(network);
    if ([...secrets.keys()].every((reference) => known.has(reference))) return;
    const all = [...secrets, ...known];
    const values = Object.fromEntries(all.map(([reference, value]) => [reference, value.reveal()]));
    this.#files.write(secretsName(network), `${canonicalJson(values)}\n`);
  }

  /** Puts the preshared keys of a tunnel that was there before Hawser in the place of any before. */
  bringSecrets(network: string, secrets: ReadonlyMap<string, Secret>): void {
    const others = [...this.secrets(network)].filter(([reference]) => !isBrought(reference));
    const all = [...others, ...secrets].map(([reference, value]) => [reference, value.reveal()]);
    if (all.length === 0 && this.secrets(network).size === 0) return;
    this.#files.write(secretsName(network), `${canonicalJson(Object.fromEntries(all))}\n`);
  }

  /** Keeps a state that was reached, if it is another than the one kept. */
  keepState(state: HostState): void {
    const name = stateName(state.network);
    const text = `${JSON.stringify(state)}\n`;
    if (this.#files.read(name) !== text) this.#files.write(name, text);
  }

  /** The state that was reached last. @throws state/... */
  keptState(network: string): HostState | undefined {
    const text = this.#files.read(stateName(network));
    return text === undefined ? undefined : parseHostState(text);
  }

  /** Endpoints we set, by `endpointKey`; empty where nothing is known. */
  endpoints(network: string): ReadonlyMap<string, string> {
    const text = this.#files.read(endpointsName(network)) ?? '{}';
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  }

  keepEndpoints(network: string, endpoints: ReadonlyMap<string, string>): void {
    const text = canonicalJson(Object.fromEntries(endpoints));
    this.#files.write(endpointsName(network), `${text}\n`);
  }

  /** What names outside were found to be last; nothing where that cannot be read, since they are looked up anew. */
  hosts(network: string): KnownHosts {
    try {
      const text = this.#files.read(hostsName(network)) ?? '{}';
      const found = JSON.parse(text) as Record<string, Record<string, number>>;
      return new Map(
        Object.entries(found).map(([host, until]) => [host, { until: { ...until }, refused: [] }]),
      );
    } catch {
      return new Map();
    }
  }

  keepHosts(network: string, hosts: KnownHosts): void {
    const all = Object.fromEntries([...hosts].map(([host, { until }]) => [host, until]));
    this.#files.write(hostsName(network), `${canonicalJson(all)}\n`);
  }

  /** Forgets the keys and secrets of a network that the machine is no longer in. */
  forgetKeys(network: string): void {
    this.#files.remove(join('keys', network));
    this.#files.remove(secretsName(network));
  }

  /** Forgets what was reached in a network; keys and secrets stay. */
  forget(network: string): void {
    this.#files.remove(join('networks', network));
  }
}
