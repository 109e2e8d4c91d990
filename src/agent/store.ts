import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson, type Diagnostic, HawserError, Secret } from '#base';
import { writeFileAtomically } from '#host';
import { type HostState, parseHostState, type Tunnel } from '#state';
import { generateKeyPair, publicKeyOf } from '#wireguard';
import { Adoptions } from './adoption/adoption.ts';
import { agentErrors } from './errors.ts';
import { closeToOthers } from './modes.ts';
import { permitted } from './permitted.ts';

/** Where a machine keeps what must survive: keys, secrets and the last known good states. */
export const defaultStateFolder = '/var/lib/hawser';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const isClosed = (error: unknown): boolean =>
  error instanceof HawserError && error.code === 'agent/not-permitted';

function readIfThere(path: string): string | undefined {
  try {
    return permitted(path, () => readFileSync(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

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

/** A private key that is here. */
export interface HeldKey {
  readonly file: string;
  readonly publicKey: string;
}

/** Folders 0700, files 0600, every file whole or not there (law 9). */
export class Store {
  readonly adoptions: Adoptions;
  readonly #folder: string;

  constructor(folder: string = defaultStateFolder) {
    this.#folder = folder;
    this.adoptions = new Adoptions(folder);
  }

  #write(path: string, text: string): void {
    const folder = dirname(path);
    permitted(path, () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const one of [this.#folder, folder]) chmodSync(one, 0o700);
      writeFileAtomically(path, text);
    });
  }

  /** Closes all of it to other users, and tells what was open. @throws agent/not-permitted */
  close(): readonly Diagnostic[] {
    return closeToOthers(this.#folder);
  }

  /** Networks that this machine has or had keys or a state of. */
  networks(): readonly string[] {
    const folders = ['keys', 'networks'].map((name) => join(this.#folder, name));
    const found = folders.flatMap((folder) =>
      existsSync(folder) ? permitted(folder, () => readdirSync(folder)) : [],
    );
    return [...new Set(found)].sort();
  }

  /** File of the private key of a lane. */
  keyFile(network: string, lane: number): string {
    return join(this.#folder, 'keys', network, `${lane}.key`);
  }

  hasKey(network: string, lane: number): boolean {
    return readIfThere(this.keyFile(network, lane)) !== undefined;
  }

  /** The public key of a lane; its private key is born at the first call. @throws agent/no-key-file */
  publicKey(network: string, lane: number): string {
    return this.#publicKeyIn(this.keyFile(network, lane));
  }

  #publicKeyIn(file: string): string {
    const known = this.#knownIn(file);
    if (known !== undefined) return known;
    const { privateKey } = generateKeyPair();
    this.#writeNew(file, `${privateKey.reveal()}\n`);
    return this.#publicKeyIn(file);
  }

  #knownIn(file: string): string | undefined {
    try {
      const known = readIfThere(file);
      return known === undefined ? undefined : publicKeyOf(new Secret(known.trim()));
    } catch (cause) {
      if (isClosed(cause)) throw cause;
      const detail = (cause as Error).message;
      throw agentErrors.error('agent/no-key-file', { file, detail }, { cause });
    }
  }

  /** Where the key of a lane waits that is to follow the one in use. */
  #nextFile(network: string, lane: number): string {
    return join(this.#folder, 'keys', network, `${lane}.next.key`);
  }

  /**
   * The key that a tunnel is to have, born where there is none: the one that the state names, if it is
   * held; another than `replaces`; else the lane's own. @throws agent/no-key-file
   */
  keyFor(network: string, { lane, key }: Pick<Tunnel, 'lane' | 'key'>): HeldKey {
    const [file, next] = [this.keyFile(network, lane), this.#nextFile(network, lane)];
    const { publicKey, replaces } = key;
    const own = { file, publicKey: this.#publicKeyIn(file) };
    if (publicKey === undefined && own.publicKey === replaces) {
      return { file: next, publicKey: this.#publicKeyIn(next) };
    }
    if (publicKey === undefined || publicKey === own.publicKey) return own;
    return this.#knownIn(next) === publicKey ? { file: next, publicKey } : own;
  }

  /**
   * Drops the keys that a confirmed state has no use for: what came before the key that it names, and
   * those of lanes that it has not. A key that is not wanted back must not lie about.
   */
  #settleKeys({ network, tunnels }: HostState): void {
    const lanes = new Map(Object.values(tunnels).map(({ lane, key }) => [lane, key]));
    for (const lane of this.#lanes(network)) {
      const [file, next] = [this.keyFile(network, lane), this.#nextFile(network, lane)];
      const wanted = lanes.get(lane);
      if (wanted === undefined && lane > 0) for (const one of [file, next]) this.#remove(one);
      if (wanted?.publicKey === undefined) continue;
      if (this.#knownIn(next) === wanted.publicKey) this.#rename(next, file);
      else if (this.#knownIn(file) === wanted.publicKey) this.#remove(next);
    }
  }

  /** Lanes of a network with keys here. */
  #lanes(network: string): ReadonlySet<number> {
    const folder = join(this.#folder, 'keys', network);
    const names = existsSync(folder) ? permitted(folder, () => readdirSync(folder)) : [];
    const found = names.flatMap((name) => /^(\d+)(?:\.next)?\.key$/.exec(name)?.[1] ?? []);
    return new Set(found.map(Number));
  }

  #remove(file: string): void {
    permitted(file, () => rmSync(file, { force: true }));
  }

  #rename(from: string, to: string): void {
    permitted(to, () => renameSync(from, to));
  }

  /** Gives a lane that has none a private key that was born elsewhere. */
  bringKey(network: string, lane: number, privateKey: Secret): void {
    this.#writeNew(this.keyFile(network, lane), `${privateKey.reveal()}\n`);
  }

  /** Writes a file unless there is one by now: of two that make a key at once, one wins. */
  #writeNew(path: string, text: string): void {
    const draft = `${path}.${process.pid}`;
    this.#write(draft, text);
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
  }

  #secretsFile(network: string): string {
    return join(this.#folder, 'secrets', `${network}.json`);
  }

  /** All secrets of a network, by `id@version`: one file, since a hub has one for every peer. */
  secrets(network: string): ReadonlyMap<string, Secret> {
    const text = readIfThere(this.#secretsFile(network)) ?? '{}';
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
    this.#write(this.#secretsFile(network), `${canonicalJson(values)}\n`);
  }

  /** Adds secrets; what is there under one `id@version` never changes. */
  putSecrets(network: string, secrets: ReadonlyMap<string, Secret>): void {
    const all = [...secrets, ...this.secrets(network)];
    const values = Object.fromEntries(all.map(([reference, value]) => [reference, value.reveal()]));
    this.#write(this.#secretsFile(network), `${canonicalJson(values)}\n`);
  }

  /** Puts the preshared keys of a tunnel that was there before Hawser in the place of any before. */
  bringSecrets(network: string, secrets: ReadonlyMap<string, Secret>): void {
    const others = [...this.secrets(network)].filter(([reference]) => !isBrought(reference));
    const all = [...others, ...secrets].map(([reference, value]) => [reference, value.reveal()]);
    if (all.length === 0 && this.secrets(network).size === 0) return;
    this.#write(this.#secretsFile(network), `${canonicalJson(Object.fromEntries(all))}\n`);
  }

  #networkFile(network: string, name: string): string {
    return join(this.#folder, 'networks', network, name);
  }

  /** Keeps a state that was reached, if it is another than the one kept. */
  keepState(state: HostState): void {
    const file = this.#networkFile(state.network, 'state.json');
    const text = `${JSON.stringify(state)}\n`;
    if (readIfThere(file) !== text) this.#write(file, text);
  }

  /** The state that was reached last. @throws state/... */
  keptState(network: string): HostState | undefined {
    const text = readIfThere(this.#networkFile(network, 'state.json'));
    return text === undefined ? undefined : parseHostState(text);
  }

  /** Endpoints we set, by `endpointKey`; empty where nothing is known. */
  endpoints(network: string): ReadonlyMap<string, string> {
    const text = readIfThere(this.#networkFile(network, 'endpoints.json')) ?? '{}';
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  }

  keepEndpoints(network: string, endpoints: ReadonlyMap<string, string>): void {
    const text = canonicalJson(Object.fromEntries(endpoints));
    this.#write(this.#networkFile(network, 'endpoints.json'), `${text}\n`);
  }

  /** Forgets what was reached in a network; keys and secrets stay. */
  forget(network: string): void {
    rmSync(join(this.#folder, 'networks', network), { recursive: true, force: true });
  }
}
