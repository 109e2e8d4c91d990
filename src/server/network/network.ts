import type { Logger } from 'pino';
import { apiErrors, type RevisionId } from '#api';
import { canonicalJson } from '#base';
import type { Store, Transaction } from '../store/contract.ts';
import type { Compiled } from './compiled.ts';
import { type Edit, writeEdit } from './edit.ts';
import { compiledOf, readStored, type Snapshot, type Stored, snapshotOf } from './snapshot.ts';

export interface NetworkComponents {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** Told of every new snapshot, in order. */
export type Listener = (after: Snapshot, before: Snapshot) => void;

/** Another server may write between our reading and our writing: then we decide anew. */
const attempts = 10;

/** What an edit left: the network as it is now, and the revision it made, if it made one. */
export interface Committed {
  readonly snapshot: Snapshot;
  readonly revision: RevisionId | undefined;
}

/** One network: readers have its snapshot, writers come one after another. */
export class Network {
  readonly name: string;
  readonly #components: NetworkComponents;
  readonly #listeners = new Set<Listener>();
  #snapshot: Snapshot;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(name: string, snapshot: Snapshot, components: NetworkComponents) {
    this.name = name;
    this.#snapshot = snapshot;
    this.#components = components;
  }

  /** @throws api/no-network; DiagnosticsError if its stored file is not readable by this server */
  static async open(name: string, components: NetworkComponents): Promise<Network> {
    const stored = await components.store.read(async (tx) => readStored(tx, name));
    if (!stored) throw gone(name);
    return new Network(name, snapshotOf(stored, compiledOf(stored)), components);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Reads the network again where the store has a newer one. An error leaves the snapshot as it is:
   * what could not be read is published to nobody (law 7).
   */
  async refresh(): Promise<Snapshot> {
    return this.#alone(async () => this.#refresh());
  }

  /**
   * Decides on the newest snapshot what to change, changes it, and publishes that. `decide` may be
   * asked again when another server was quicker; it returns undefined if nothing is to be done.
   */
  async commit(
    decide: (snapshot: Snapshot) => Edit | undefined | Promise<Edit | undefined>,
  ): Promise<Committed> {
    return this.#alone(async () => {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const edit = await decide(this.#snapshot);
        if (!edit) return { snapshot: this.#snapshot, revision: undefined };
        const done = await this.#write(edit);
        if (done) return done;
        await this.#refresh();
      }
      throw apiErrors.error('api/unavailable', { why: `${this.name} changes too often` });
    });
  }

  /** Resolves when everything that was asked before is done. */
  async settled(): Promise<void> {
    await this.#queue.catch(() => undefined);
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work, work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Undefined: the store has moved on, and nothing was written. */
  async #write(edit: Edit): Promise<Committed | undefined> {
    const { store, clock } = this.#components;
    const written = await store.write(async (tx) => this.#writeIfCurrent(tx, edit, clock()));
    if (!written) return undefined;
    const made = edit.revision?.state === 'applied' ? edit.revision.compiled : edit.compiled;
    const { stored } = written;
    const compiled = made?.as(stored.network.revision) ?? this.#known(stored);
    const snapshot = snapshotOf(stored, compiled);
    this.#publish(snapshot);
    return { snapshot, revision: written.revision };
  }

  async #writeIfCurrent(tx: Transaction, edit: Edit, now: Date) {
    const { stored: ours } = this.#snapshot;
    const theirs = await tx.network(this.name);
    if (!theirs || !sameInputs(theirs, ours)) return undefined;
    const revision = await writeEdit(tx, this.name, edit, now.toISOString());
    const stored = await readStored(tx, this.name);
    if (!stored) throw gone(this.name);
    return { stored, revision };
  }

  /** What was compiled already, where the inputs are the same. */
  #known(read: Stored): Compiled {
    const { stored, compiled, secret } = this.#snapshot;
    const isKnown = sameInputs(read.network, stored) && read.secret?.version === secret?.version;
    return isKnown ? compiled : compiledOf(read, compiled);
  }

  async #refresh(): Promise<Snapshot> {
    const { store } = this.#components;
    const stored = await store.read(async (tx) => readStored(tx, this.name));
    if (!stored) throw gone(this.name);
    this.#publish(snapshotOf(stored, this.#known(stored)));
    return this.#snapshot;
  }

  #publish(after: Snapshot): void {
    const before = this.#snapshot;
    this.#snapshot = after;
    for (const listener of this.#listeners) {
      try {
        listener(after, before);
      } catch (error) {
        // What is committed is committed: who asked for it must not hear that it failed.
        const { log } = this.#components;
        log.error({ err: error, network: this.name }, 'a change could not be told to agents');
      }
    }
  }
}

const gone = (network: string) => apiErrors.error('api/no-network', { network, hint: '' });

/** Whether two readings compile to the same: revision and facts. */
function sameInputs(a: Stored['network'], b: Stored['network']): boolean {
  const sameRevision =
    a.revision.epoch === b.revision.epoch && a.revision.number === b.revision.number;
  return sameRevision && (a.facts === b.facts || canonicalJson(a.facts) === canonicalJson(b.facts));
}
