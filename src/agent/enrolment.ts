import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { canonicalJson } from '#base';
import { agentErrors } from './errors.ts';
import { PrivateFiles } from './private-files.ts';

/** A network that this machine joined: as whom, and how its servers are reached and known. */
export const Enrolment = Type.Object({
  network: Type.String(),
  machine: Type.String(),
  /** Base URLs, tried in turn. */
  servers: Type.Array(Type.String(), { minItems: 1 }),
  /** PEM of the authorities that vouch for the servers. */
  authorities: Type.Array(Type.String()),
  /** The token's pin, for servers without authorities; without either the system's authorities vouch. */
  pin: Type.Optional(Type.String()),
});
export type Enrolment = Static<typeof Enrolment>;

const folder = 'enrolled';
const fileOf = (network: string): string => join(folder, network, 'enrolment.json');

/** What a machine knows of the networks it joined, besides their states. */
export class Enrolments {
  readonly #files: PrivateFiles;

  constructor(stateDir: string) {
    this.#files = new PrivateFiles(stateDir);
  }

  /** @throws agent/enrolment-unreadable */
  find(network: string): Enrolment | undefined {
    const text = this.#files.read(fileOf(network));
    if (text === undefined) return undefined;
    const value = jsonOf(text);
    if (Value.Check(Enrolment, value)) return value;
    const file = this.#files.path(fileOf(network));
    throw agentErrors.error('agent/enrolment-unreadable', { file, network });
  }

  networks(): readonly string[] {
    return this.#files
      .list(folder)
      .filter((network) => this.#files.read(fileOf(network)) !== undefined);
  }

  put(enrolment: Enrolment): void {
    this.#files.write(fileOf(enrolment.network), `${canonicalJson(enrolment)}\n`);
  }

  /** Forgets the network, and what was confirmed in it. */
  remove(network: string): void {
    this.#files.remove(join(folder, network));
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
