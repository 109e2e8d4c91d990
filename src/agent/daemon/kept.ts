import { join } from 'node:path';
import type { StateMessage } from '#api';
import { type HostState, hashState, parseHostState } from '#state';
import { PrivateFiles } from '../private-files.ts';
import { type Commit, noCommit } from './commit.ts';

/** A state with the name that the server gave it. */
export interface Kept extends Pick<StateMessage, 'epoch' | 'rev' | 'hash'> {
  readonly state: HostState;
}

export const keptOf = (state: HostState): Kept => {
  const { epoch, rev } = state;
  return { epoch, rev, hash: hashState(state), state };
};

export const nameOf = ({ epoch, rev, hash }: Kept): Pick<Kept, 'epoch' | 'rev' | 'hash'> => {
  return { epoch, rev, hash };
};

type Slot = 'confirmed' | 'previous';

/** What must survive of a network's states: what was confirmed, and what is not to be tried again. */
export class KeptStates {
  readonly #files: PrivateFiles;
  readonly #written = new Map<string, string>();
  #frozen: boolean | undefined;
  #boot: string | undefined;

  constructor(stateDir: string, network: string) {
    this.#files = new PrivateFiles(join(stateDir, 'enrolled', network));
  }

  /** @throws state/... */
  load(): Commit<Kept> {
    const [confirmed, previous] = [this.#state('confirmed'), this.#state('previous')];
    const quarantined = JSON.parse(this.#files.read('quarantined.json') ?? '[]') as string[];
    return {
      ...noCommit,
      ...(confirmed && { confirmed }),
      ...(previous && { previous }),
      quarantined,
    };
  }

  #state(slot: Slot): Kept | undefined {
    const text = this.#files.read(`${slot}.json`);
    return text === undefined ? undefined : keptOf(parseHostState(text));
  }

  /** The trial is not kept: boot uses what was confirmed. What is to be avoided is written first. */
  save({ confirmed, previous, quarantined }: Commit<Kept>): void {
    this.#put('quarantined.json', JSON.stringify(quarantined));
    this.#put('previous.json', previous && JSON.stringify(previous.state));
    this.#put('confirmed.json', confirmed && JSON.stringify(confirmed.state));
  }

  get isFrozen(): boolean {
    this.#frozen ??= this.#files.read('frozen') !== undefined;
    return this.#frozen;
  }

  set isFrozen(frozen: boolean) {
    this.#frozen = frozen;
    this.#put('frozen', frozen ? '' : undefined);
  }

  /** The boot of the machine (random, by the kernel) in which it was last made what it should be. */
  get boot(): string | undefined {
    this.#boot ??= this.#files.read('boot')?.trim();
    return this.#boot;
  }

  set boot(boot: string) {
    this.#boot = boot;
    this.#put('boot', boot);
  }

  #put(name: string, text: string | undefined): void {
    if (this.#written.has(name) && this.#written.get(name) === (text ?? '-')) return;
    if (text === undefined) this.#files.remove(name);
    else this.#files.write(name, `${text}\n`);
    this.#written.set(name, text ?? '-');
  }
}
