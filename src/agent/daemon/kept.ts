import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { StateMessage } from '#api';
import { type HostState, hashState, parseHostState } from '#state';
import { PrivateFiles } from '../private-files.ts';
import { type Commit, isQuarantined, noCommit, tried } from './commit.ts';

/** A state with the name that the server gave it. */
export interface Kept extends Pick<StateMessage, 'epoch' | 'rev' | 'hash'> {
  readonly state: HostState;
  /** As `actIn` names it. */
  readonly act?: string;
}

/** An act of a person as a message tells of it, by a name that no restore gives anew. */
export const actIn = (epoch: string, act: number | undefined): Pick<Kept, 'act'> =>
  act === undefined ? {} : { act: `${epoch}/${act}` };

export const keptOf = (state: HostState): Kept => {
  const { epoch, rev } = state;
  return { epoch, rev, hash: hashState(state), state };
};

export const nameOf = ({ epoch, rev, hash }: Kept): Pick<Kept, 'epoch' | 'rev' | 'hash'> => {
  return { epoch, rev, hash };
};

type Slot = 'confirmed' | 'previous' | 'trial';

/** Acts of the states that are kept, by hash, and the one that was undone. */
interface Acts {
  readonly of?: Readonly<Record<string, string>>;
  readonly undone?: string;
}

/** Beside the states: those are kept in a form that older agents read, too. */
function actsOf({ confirmed, previous, trial, undone }: Commit<Kept>): Acts {
  const named = [confirmed, previous, trial?.state].flatMap((kept) =>
    kept?.act === undefined ? [] : [[kept.hash, kept.act] as const],
  );
  return { of: Object.fromEntries(named), ...(undone !== undefined && { undone }) };
}

/** What must survive of a network's states: what was confirmed, and what is not to be tried again. */
export class KeptStates {
  readonly #files: PrivateFiles;
  readonly #written = new Map<string, string>();
  #frozen: boolean | undefined;
  #boot: string | undefined;

  constructor(stateDir: string, network: string) {
    this.#files = new PrivateFiles(join(stateDir, 'enrolled', network));
  }

  /** `boot`: the machine's present one; what was on trial in it goes on. @throws state/... */
  load(boot?: string): Commit<Kept> {
    const acts = JSON.parse(this.#files.read('acts.json') ?? '{}') as Acts;
    const state = (slot: Slot): Kept | undefined => this.#state(slot, acts);
    const [confirmed, previous] = [state('confirmed'), state('previous')];
    const goesOn = boot !== undefined && this.boot === boot;
    const trial = goesOn ? state('trial') : undefined;
    const quarantined = JSON.parse(this.#files.read('quarantined.json') ?? '[]') as string[];
    const commit: Commit<Kept> = {
      ...noCommit,
      ...(confirmed && { confirmed }),
      ...(previous && { previous }),
      quarantined,
      ...(acts.undone !== undefined && { undone: acts.undone }),
    };
    if (!trial || isQuarantined(commit, trial)) return commit;
    return tried(commit, { state: trial, touches: false, since: performance.now() });
  }

  #state(slot: Slot, { of = {} }: Acts): Kept | undefined {
    const text = this.#files.read(`${slot}.json`);
    if (text === undefined) return undefined;
    const kept = keptOf(parseHostState(text));
    const act = of[kept.hash];
    return act === undefined ? kept : { ...kept, act };
  }

  /**
   * What is to be avoided is written first. A trial is kept only if it cannot have cut the machine off, for
   * an agent that is started again: a boot uses what was confirmed.
   */
  save(commit: Commit<Kept>): void {
    const { confirmed, previous, trial, quarantined } = commit;
    this.#put('quarantined.json', JSON.stringify(quarantined));
    this.#put('acts.json', JSON.stringify(actsOf(commit)));
    this.#put('previous.json', previous && JSON.stringify(previous.state));
    this.#put('confirmed.json', confirmed && JSON.stringify(confirmed.state));
    const isHarmless = trial?.touches === false;
    this.#put('trial.json', isHarmless ? JSON.stringify(trial.state.state) : undefined);
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
