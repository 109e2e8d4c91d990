import type { Logger } from 'pino';
import type { RevisionId } from '#api';
import type { Edit } from '../network/edit.ts';
import type { Network } from '../network/network.ts';
import type { Store, Transaction } from '../store/contract.ts';
import { takesBack } from './author.ts';
import type { Suspect } from './decision.ts';
import {
  isSame,
  type Presences,
  readTrial,
  type Trial,
  throughNetwork,
  writeTrial,
} from './trial.ts';

/** Milliseconds that agents have to confirm a change, unless they are told otherwise. */
const usual = 30_000;
/** Milliseconds between looks, at most. */
const lookEvery = 1000;
/** After a failure it is tried again in so many milliseconds. */
const pause = 10_000;
/** So many revisions that never were the network's own may lie between two that were. */
const among = 100;

export interface TakeBackInit {
  readonly store: Store;
  readonly log: Logger;
  /** Milliseconds that agents have to confirm a change. */
  readonly confirm?: number | undefined;
}

/** What a person wrote, and not what follows from a machine that comes or goes. */
const isChange = (kind: string): boolean => kind === 'apply' || kind === 'rollback';

/**
 * Takes a revision back as a whole that changed a tunnel at both of its ends, where one of the two machines
 * went back by itself or was cut off with it: each machine alone would leave the other where it is.
 */
export class TakeBack {
  readonly #network: Network;
  readonly #hub: Presences;
  readonly #init: TakeBackInit;
  readonly #timer: NodeJS.Timeout;
  readonly #stop: () => void;
  /** When this server saw the present revision begin, performance.now: a restart begins it anew. */
  #since = performance.now();
  #trial: Trial | undefined;
  #isRead = false;
  /** Machines that went back from the present revision, and for which it stays as it is. */
  readonly #judged = new Set<string>();
  #pauseUntil = 0;
  #looking = false;

  constructor(network: Network, hub: Presences, init: TakeBackInit) {
    this.#network = network;
    this.#hub = hub;
    this.#init = init;
    network.accompany(async (tx, revision, edit) => this.#note(tx, revision, edit));
    this.#stop = network.onChange(({ stored: after }, { stored: before }) => {
      if (!isSame(after.revision, before.revision)) this.#begin();
      if (before.frozen && !after.frozen) this.#thawed();
    });
    const every = Math.min(lookEvery, this.#confirm);
    this.#timer = setInterval(() => void this.look(), every).unref();
  }

  get #confirm(): number {
    return this.#init.confirm ?? usual;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stop();
  }

  /** In the transaction of a revision that becomes the network's own. */
  async #note(tx: Transaction, revision: RevisionId, edit: Edit): Promise<void> {
    if (edit.author === takesBack || !isChange(edit.revision?.kind ?? 'apply')) return;
    const through = throughNetwork(this.#network.snapshot, this.#hub);
    if (Object.keys(through).length === 0) return;
    await writeTrial(tx, this.#network.name, { ...revision, through });
  }

  #begin(): void {
    this.#since = performance.now();
    this.#trial = undefined;
    this.#isRead = false;
    this.#judged.clear();
  }

  /** Only now are machines told: who is away by now was not cut off by it. */
  #thawed(): void {
    this.#since = performance.now();
    if (this.#trial) this.#trial = { ...this.#trial, through: this.#present(this.#trial) };
  }

  #present({ through }: Trial): Trial['through'] {
    const isHere = (identity: string): boolean => this.#hub.present(identity) !== undefined;
    return Object.fromEntries(
      Object.entries(through).map(([own, identities]) => [own, identities.filter(isHere)]),
    );
  }

  /** One server does it. */
  async look(): Promise<void> {
    const { store, log } = this.#init;
    const now = performance.now();
    if (this.#looking || now < this.#pauseUntil || !store.peers.leads) return;
    this.#looking = true;
    try {
      await this.#read();
      if (!this.#network.snapshot.stored.frozen) await this.#judge();
    } catch (error) {
      const { name: network } = this.#network;
      log.error({ err: error, network }, 'a revision could not be taken back');
      this.#pauseUntil = now + pause;
    } finally {
      this.#looking = false;
    }
  }

  async #read(): Promise<void> {
    if (this.#isRead) return;
    const { revision } = this.#network.snapshot.stored;
    const trial = await this.#init.store.read(async (tx) => readTrial(tx, this.#network.name));
    if (!isSame(revision, this.#network.snapshot.stored.revision)) return;
    this.#isRead = true;
    this.#trial = trial && isSame(trial, revision) ? trial : undefined;
  }

  async #judge(): Promise<void> {
    const { revision } = this.#network.snapshot.stored;
    const isDue = this.#trial && performance.now() > this.#since + 2 * this.#confirm;
    const missing = isDue ? await this.#missing() : [];
    const suspects = [...this.#returned(), ...missing];
    if (suspects.length > 0) await this.#takeBack(revision, suspects);
    if (!isSame(revision, this.#network.snapshot.stored.revision)) return;
    for (const { machine, server } of suspects) if (server === undefined) this.#judged.add(machine);
    if (!isDue) return;
    this.#trial = undefined;
    await this.#init.store.write(async (tx) => writeTrial(tx, this.#network.name, undefined));
  }

  /** Who said that it went back from the present revision. */
  *#returned(): Iterable<Suspect> {
    const { machines, stored } = this.#network.snapshot;
    for (const { name, quarantined } of machines.values()) {
      const isNews = quarantined === stored.revision.number && !this.#judged.has(name);
      if (isNews) yield { machine: name };
    }
  }

  /** Who was there through the network, did not confirm the present revision and does not answer. */
  async #missing(): Promise<readonly Suspect[]> {
    const { byIdentity, stored } = this.#network.snapshot;
    const { number } = stored.revision;
    const asked = Object.entries(this.#trial?.through ?? {}).flatMap(([server, identities]) =>
      identities.map(async (identity): Promise<Suspect | undefined> => {
        const { name: machine, confirmed = 0 } = byIdentity.get(identity) ?? {};
        if (machine === undefined || confirmed >= number) return undefined;
        return (await this.#hub.lives(identity)) ? undefined : { machine, server };
      }),
    );
    return (await Promise.all(asked)).filter((suspect) => suspect !== undefined);
  }

  async #takeBack(revision: RevisionId, suspects: readonly Suspect[]): Promise<void> {
    const { store, log } = this.#init;
    const { name: network } = this.#network;
    const { revision: made } = await this.#network.commit(async ({ stored }, decide) => {
      if (!isSame(stored.revision, revision)) return undefined;
      const before = await store.read(async (tx) => changedFrom(tx, network, revision.number));
      return before && decide({ name: 'takeBack', input: { suspects, ...before } });
    });
    if (!made) return;
    const machines = suspects.map(({ machine }) => machine).slice(0, among);
    log.warn({ network, revision: revision.number, machines }, 'a revision is taken back');
  }
}

/** What was so before a revision; undefined where it is no change that could be taken back. */
async function changedFrom(tx: Transaction, network: string, number: number) {
  const present = await tx.revision(network, number);
  if (!present || present.revision.author === takesBack) return undefined;
  if (!isChange(present.revision.kind)) return undefined;
  const older = await tx.revisions(network, { before: number, limit: among });
  const last = older.find(({ state }) => state === 'applied');
  const found = last && (await tx.revision(network, last.id.number));
  return found && { before: found.revision.id.number, files: found.files };
}
