import type { Logger } from 'pino';
import { apiErrors, type FileSet, type PlanResult, type RevisionId } from '#api';
import type {
  Expectations,
  expectationsOf,
  RotationPort,
  SegmentExpectations,
  segmentExpectations,
  TunnelPair,
  UnnamedFlows,
  unnamedFlows,
} from '#compile';
import { JsonText } from '../json-text.ts';
import type { RotationEffect, RotationRequest } from '../rotation/decisions.ts';
import type { Store, StoredHead, Transaction } from '../store/contract.ts';
import type { Compiler } from './compiler.ts';
import type { Operator } from './cut-off.ts';
import type { Matter } from './decisions.ts';
import { type Edit, madeBy, Overtaken, type PlainEdit, writeEdit } from './edit.ts';
import type { StateAnswer, StateWanted } from './messages.ts';
import type { NamedMachine, NamesEdit } from './names.ts';
import {
  byNameAndIdentity,
  readStored,
  type Snapshot,
  type Stored,
  withMachines,
} from './snapshot.ts';

export interface NetworkComponents {
  readonly store: Store;
  readonly compiler: Compiler;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** Machines whose state may differ from that in the snapshot before; undefined: any. */
export type Changed = ReadonlySet<string> | undefined;

/** Told of every new snapshot, in order. */
export type Listener = (after: Snapshot, before: Snapshot, changed: Changed) => void;

/** Has the compiler decide a matter from the snapshot that is the newest. */
export type Decide = (matter: Matter) => Promise<PlainEdit | undefined>;

/**
 * Another server may write between our reading and our writing: then we decide anew. One that is quicker
 * would win each time: after so many attempts no other may write while we decide.
 */
const attempts = 3;

/** Decides on a snapshot what to change; undefined: nothing. */
type By = (snapshot: Snapshot, decide: Decide) => Edit | undefined | Promise<Edit | undefined>;

/** An edit that is in the store, and what is there now. */
interface Written {
  readonly edit: Edit;
  readonly after: Stored;
  readonly revision: RevisionId | undefined;
}

/** Writes besides what an edit does that gives the network another file, in the same transaction. */
export type Companion = (tx: Transaction, revision: RevisionId, edit: Edit) => Promise<void>;

/** What an edit left: the network as it is now, and the revision it made, if it made one. */
export interface Committed {
  readonly snapshot: Snapshot;
  readonly revision: RevisionId | undefined;
}

/** Numbers by which the compiler knows networks: no two are alike in a process. */
let bases = 0;

/** One network: readers have its snapshot, writers come one after another. */
export class Network {
  readonly name: string;
  readonly #components: NetworkComponents;
  readonly #listeners = new Set<Listener>();
  readonly #companions: Companion[] = [];
  #snapshot: Snapshot;
  #queue: Promise<unknown> = Promise.resolve();
  /** Asked for again and again by whoever watches. */
  #pairs: { readonly basis: number; readonly all: Promise<readonly TunnelPair[]> } | undefined;

  private constructor(name: string, snapshot: Snapshot, components: NetworkComponents) {
    this.name = name;
    this.#snapshot = snapshot;
    this.#components = components;
  }

  /** @throws api/no-network; DiagnosticsError if its stored file is not readable by this server */
  static async open(name: string, components: NetworkComponents): Promise<Network> {
    const { snapshot } = await readNetwork(name, components);
    return new Network(name, snapshot, components);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  accompany(companion: Companion): void {
    this.#companions.push(companion);
  }

  /** What a file would do to the network. @throws DiagnosticsError, compile/other-network */
  async plan(files: FileSet, operator?: Operator): Promise<JsonText<PlanResult>> {
    const { basis } = this.#snapshot;
    return new JsonText(await this.#components.compiler.call('plan', { basis, files, operator }));
  }

  /** What taking a machine out would do. @throws as `removalPlan` of the compiler */
  async removalPlan(machine: string, operator?: Operator): Promise<JsonText<PlanResult>> {
    const { basis } = this.#snapshot;
    const wanted = { basis, machine, operator };
    return new JsonText(await this.#components.compiler.call('removalPlan', wanted));
  }

  /** What is known besides the file in a snapshot, as the text of a facts file. */
  async facts({ basis }: Snapshot): Promise<{ facts: string; presharedKeys?: number }> {
    return this.#components.compiler.call('facts', { basis });
  }

  /** What changing the key of a machine would do. @throws as `requireRotatable` */
  async rotationPlan(request: RotationRequest): Promise<RotationEffect> {
    const { basis } = this.#snapshot;
    return this.#components.compiler.call('planRotation', { basis, request });
  }

  /** The ports by which some partners and the machine whose key changes find each other, by partner. */
  async rotationPorts(
    partners: readonly string[],
  ): Promise<ReadonlyMap<string, readonly RotationPort[]>> {
    const { basis } = this.#snapshot;
    return this.#components.compiler.call('rotationPorts', { basis, partners });
  }

  /** The tunnels that the network means, in a snapshot. */
  async tunnelPairs({ basis }: Snapshot): Promise<readonly TunnelPair[]> {
    if (this.#pairs?.basis !== basis) {
      const all = this.#components.compiler.call('tunnelPairs', { basis });
      this.#pairs = { basis, all };
      all.catch(() => {
        this.#pairs = undefined;
      });
    }
    return this.#pairs.all;
  }

  /** What the file says of flows and names from one machine to some others. @throws compile/unknown-machine */
  async expectations(choice: Parameters<typeof expectationsOf>[1]): Promise<Expectations> {
    const { basis } = this.#snapshot;
    return this.#components.compiler.call('expectations', { basis, ...choice });
  }

  /** What can be tried of a segment, one part at a time; nothing of one that is not there. */
  async segmentExpectations(
    choice: Parameters<typeof segmentExpectations>[1],
  ): Promise<SegmentExpectations> {
    const { basis } = this.#snapshot;
    return this.#components.compiler.call('segmentExpectations', { basis, ...choice });
  }

  /** What the file says of addresses that its gateways know on their ports. */
  async unnamedFlows(choice: Parameters<typeof unnamedFlows>[1]): Promise<UnnamedFlows> {
    const { basis } = this.#snapshot;
    return this.#components.compiler.call('unnamedFlows', { basis, ...choice });
  }

  /**
   * What machines are to be told in a snapshot; a text says why there is no answer. `spread`: ms over which they
   * prove it.
   */
  async states(
    { basis }: Snapshot,
    wanted: readonly StateWanted[],
    spread?: number,
  ): Promise<readonly (StateAnswer | string)[]> {
    return this.#components.compiler.call('states', { basis, wanted, spread });
  }

  /**
   * Reads the network again. An error leaves the snapshot as it is: what could not be read is published
   * to nobody (law 7).
   */
  async refresh(): Promise<Snapshot> {
    return this.#alone(async () => this.#refresh());
  }

  /**
   * Decides on the newest snapshot what to change, changes it, and publishes that. `by` may be asked
   * again when another server was quicker; it returns undefined if nothing is to be done.
   */
  async commit(by: By): Promise<Committed> {
    return this.#alone(async () => {
      for (let attempt = 1; ; attempt++) {
        const written =
          attempt < attempts
            ? await this.#decideAndWrite(by)
            : await this.#components.store.write(async (tx) => {
                await this.#refresh(tx);
                return this.#decideAndWrite(by, tx);
              });
        if (written === 'nothing') return { snapshot: this.#snapshot, revision: undefined };
        if (written) {
          await this.#follow(written.edit, written.after);
          return { snapshot: this.#snapshot, revision: written.revision };
        }
        await this.#refresh();
      }
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
  async #decideAndWrite(by: By, within?: Transaction): Promise<Written | 'nothing' | undefined> {
    const { store, clock, compiler } = this.#components;
    const { basis } = this.#snapshot;
    const edit = await by(this.#snapshot, async (matter) =>
      compiler.call('decide', { basis, matter }),
    );
    if (!edit) return 'nothing';
    const write = async (tx: Transaction) => this.#writeIfCurrent(tx, edit, clock());
    return within ? write(within) : store.write(write).catch(overtaken);
  }

  async #writeIfCurrent(tx: Transaction, edit: Edit, now: Date): Promise<Written | undefined> {
    const { stored: ours } = this.#snapshot;
    const theirs = await tx.head(this.name);
    if (!theirs || !sameInputs(theirs, ours)) return undefined;
    const { request } = edit;
    // Another server may have done it, and left the network as it was: then that is the answer.
    if (request !== undefined && (await tx.requested(this.name, request))) return undefined;
    const revision = await writeEdit(tx, this.name, edit, now.toISOString());
    const after = await readStored(tx, this.name);
    if (!after) throw gone(this.name);
    const { revision: current } = after.stored;
    if (current.number !== ours.revision.number) {
      for (const companion of this.#companions) await companion(tx, current, edit);
    }
    return { edit, after, revision };
  }

  /**
   * Publishes what was written. What is committed is committed: who asked for it must not hear that it
   * failed where nobody could be told.
   */
  async #follow(edit: Edit, after: Stored): Promise<void> {
    try {
      const { put = [], drop = [] } = edit;
      const before = this.#snapshot;
      const made = madeBy(edit)?.draft;
      const isOther = made !== undefined || before.secret?.reveal() !== after.secret?.reveal();
      const basis = isOther ? ++bases : before.basis;
      const { revision, frozen } = after.stored;
      const { names, changed, ...views } = await this.#components.compiler.call('advance', {
        ...{ basis, from: before.basis, made },
        ...{ revision, frozen, put, drop, ...plainOf(after) },
      });
      const machines = withMachines(before.machines, { put, drop });
      this.#publish(
        {
          ...after,
          basis,
          ...views,
          names: withNames(before.names, names),
          ...byNameAndIdentity(machines.values()),
        },
        new Set(changed),
      );
    } catch (error) {
      this.#untold(error);
      await this.#refresh().catch(this.#untold);
    }
  }

  readonly #untold = (error: unknown): void => {
    const { log } = this.#components;
    log.error({ err: error, network: this.name }, 'a change could not be told to agents');
  };

  async #refresh(within?: Transaction): Promise<Snapshot> {
    const like = this.#snapshot.basis;
    const { snapshot, changed } = await readNetwork(this.name, this.#components, { like, within });
    this.#publish(snapshot, changed);
    return snapshot;
  }

  #publish(after: Snapshot, changed: Changed): void {
    const before = this.#snapshot;
    this.#snapshot = after;
    for (const listener of this.#listeners) {
      try {
        listener(after, before, changed);
      } catch (error) {
        this.#untold(error);
      }
    }
  }
}

/**
 * A network as the store has it. `like`: the one that the compiler had before; `within`: a transaction that
 * is to see it. @throws api/no-network
 */
async function readNetwork(
  name: string,
  { store, compiler }: NetworkComponents,
  { like, within }: { readonly like?: number; readonly within?: Transaction | undefined } = {},
): Promise<{ readonly snapshot: Snapshot; readonly changed: Changed }> {
  const whole = async (tx: Transaction) => readWhole(tx, name);
  const read = within ? await whole(within) : await store.read(whole);
  if (!read) throw gone(name);
  const { stored, files, machines } = read;
  const basis = ++bases;
  const known = like !== undefined && { like };
  const opening = { basis, head: stored, files, machines, ...plainOf(read), ...known };
  const { names, changed, ...views } = await compiler.call('open', opening);
  const { held, takenBack, acts, invited, secret } = read;
  const snapshot = {
    ...{ basis, stored, held, takenBack, acts, invited, secret, ...views },
    names: new Map(names.map((machine) => [machine.name, machine])),
    ...byNameAndIdentity(machines),
  };
  return { snapshot, changed: changed && new Set(changed) };
}

async function readWhole(tx: Transaction, name: string) {
  const read = await readStored(tx, name);
  if (!read) return undefined;
  const files = await tx.packedFiles(name, read.stored.revision.number);
  if (files === undefined) return undefined;
  return { ...read, files, machines: await tx.machines(name) };
}

/** What goes to the compiler besides: plain data only. */
const plainOf = ({ held, acts, secret }: Stored) => ({ held, acts, secret: secret?.reveal() });

function withNames(
  names: ReadonlyMap<string, NamedMachine>,
  { put, drop }: NamesEdit,
): ReadonlyMap<string, NamedMachine> {
  if (put.length === 0 && drop.length === 0) return names;
  const next = new Map(names);
  for (const name of drop) next.delete(name);
  for (const machine of put) next.set(machine.name, machine);
  return next;
}

/** Nothing of the transaction was done, and it is to be decided anew. */
const overtaken = (error: unknown): undefined => {
  if (!(error instanceof Overtaken)) throw error;
};

const gone = (network: string) => apiErrors.error('api/no-network', { network, hint: '' });

/** Whether two readings are decided alike: revision, facts, and what waits. */
const sameInputs = (a: StoredHead, b: StoredHead): boolean =>
  a.revision.epoch === b.revision.epoch &&
  a.revision.number === b.revision.number &&
  a.latest === b.latest &&
  a.facts === b.facts;
