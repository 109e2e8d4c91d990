import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson, Secret } from '#base';
import { writeFileAtomically } from '#host';
import type { HostState } from '#state';
import { generateKeyPair, publicKeyOf } from '#wireguard';
import { agentErrors } from './errors.ts';

/** Where a machine keeps what must survive: keys, secrets and the last known good states. */
export const defaultStateFolder = '/var/lib/hawser';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Folders 0700, files 0600, every file whole or not there (law 9). */
export class Store {
  readonly #folder: string;

  constructor(folder: string = defaultStateFolder) {
    this.#folder = folder;
  }

  #write(path: string, text: string): void {
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const one of [this.#folder, folder]) chmodSync(one, 0o700);
    writeFileAtomically(path, text);
  }

  /** File of the private key of a lane. */
  keyFile(network: string, lane: number): string {
    return join(this.#folder, 'keys', network, `${lane}.key`);
  }

  /** The public key of a lane; its private key is born at the first call. @throws agent/no-key-file */
  publicKey(network: string, lane: number): string {
    const file = this.keyFile(network, lane);
    try {
      const known = readIfThere(file);
      if (known !== undefined) return publicKeyOf(new Secret(known.trim()));
    } catch (cause) {
      const detail = (cause as Error).message;
      throw agentErrors.error('agent/no-key-file', { file, detail }, { cause });
    }
    const { privateKey, publicKey } = generateKeyPair();
    this.#write(file, `${privateKey.reveal()}\n`);
    return publicKey;
  }

  #secretFile(network: string, reference: string): string {
    return join(this.#folder, 'secrets', network, encodeURIComponent(reference));
  }

  /** The value of a secret, by `id@version`. */
  secret(network: string, reference: string): Secret | undefined {
    const text = readIfThere(this.#secretFile(network, reference));
    return text === undefined ? undefined : new Secret(text.trim());
  }

  putSecret(network: string, reference: string, value: Secret): void {
    this.#write(this.#secretFile(network, reference), `${value.reveal()}\n`);
  }

  #networkFile(network: string, name: string): string {
    return join(this.#folder, 'networks', network, name);
  }

  /** Keeps a state that was reached. */
  keepState(state: HostState): void {
    this.#write(this.#networkFile(state.network, 'state.json'), `${canonicalJson(state)}\n`);
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

  /** Forgets a network, but for its keys. */
  forget(network: string): void {
    for (const name of ['networks', 'secrets']) {
      rmSync(join(this.#folder, name, network), { recursive: true, force: true });
    }
  }
}
