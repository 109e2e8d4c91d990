import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { canonicalJson } from '#base';
import { agentErrors } from '../errors.ts';
import { PrivateFiles } from '../private-files.ts';
import { Before } from './before.ts';

/** A tunnel that was there before Hawser, and is or is to be one of a network's. */
export const Adoption = Type.Object({
  network: Type.String(),
  interface: Type.String(),
  /** Whether it is taken over also where the network wants it otherwise. */
  anyway: Type.Boolean(),
  /** Units that made it at boot, and were disabled. */
  units: Type.Array(Type.String()),
  /** Absent until it is taken over. */
  before: Type.Optional(Before),
});
export type Adoption = Static<typeof Adoption>;

const folder = 'adopted';
const fileOf = (network: string): string => join(folder, `${network}.json`);

/** What a machine knows of its adopted tunnels, one a network. */
export class Adoptions {
  readonly #files: PrivateFiles;
  /** What was read or written last, by network: it is asked for at every look. */
  readonly #known = new Map<string, { readonly text: string; readonly adoption: Adoption }>();

  constructor(stateDir: string) {
    this.#files = new PrivateFiles(stateDir);
  }

  /** @throws agent/adoption-unreadable */
  find(network: string): Adoption | undefined {
    const text = this.#files.read(fileOf(network));
    if (text === undefined) return undefined;
    const known = this.#known.get(network);
    if (known?.text === text) return known.adoption;
    const adoption = this.#parse(network, text);
    this.#known.set(network, { text, adoption });
    return adoption;
  }

  /** One that was taken over. @throws agent/adoption-unreadable */
  taken(network: string): Adoption | undefined {
    const found = this.find(network);
    return found?.before && found;
  }

  #parse(network: string, text: string): Adoption {
    const file = this.#files.path(fileOf(network));
    try {
      const value: unknown = JSON.parse(text);
      if (Value.Check(Adoption, value)) return value;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw agentErrors.error('agent/adoption-unreadable', { file, network });
  }

  all(): readonly Adoption[] {
    const networks = this.#files.list(folder).filter((name) => name.endsWith('.json'));
    return networks.flatMap((name) => this.find(name.slice(0, -'.json'.length)) ?? []);
  }

  put(adoption: Adoption): void {
    this.#files.write(fileOf(adoption.network), `${canonicalJson(adoption)}\n`);
  }

  drop(network: string): void {
    this.#files.remove(fileOf(network));
  }
}
