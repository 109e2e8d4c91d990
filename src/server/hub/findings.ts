import type { DriftReport, Finding, StateReport, Upgrade } from '#api';
import { canonicalJson } from '#base';
import { conflictCodes } from '../health/failures.ts';
import type { Action } from '../network/acts.ts';
import type { Said } from '../network/decisions.ts';
import type { Edit } from '../network/edit.ts';
import type { Decide, Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { StoredMachine } from '../store/contract.ts';
import type { Connection } from './connection.ts';
import type { HubComponents } from './hub.ts';

/** What agents say is stored together, at most so often, in milliseconds. */
const flushEvery = 50;
/** What could not be stored is tried again after so many milliseconds. */
const retryAfter = 1000;
/** Numbers of revisions are integers of 32 bits in every store. */
const mostRevisions = 2 ** 31 - 1;
/** Of what differed on a machine so much is stored: how many lines, and characters of each. */
const mostLines = 1000;
const longestLine = 2000;

/** What two places claim is noted once within so many milliseconds. */
const notedAgain = 600_000;

type Mark = Pick<StoredMachine, 'confirmed' | 'quarantined'>;

/** Gathers what the agents of a network report, and stores it in few transactions. */
export class Findings {
  readonly #network: Network;
  readonly #components: HubComponents;
  /** By identity. */
  #seen = new Map<string, Said>();
  #marks = new Map<string, Mark>();
  /** Conflicts that were noted, and when, ms of a steady clock. */
  readonly #noted = new Map<string, number>();
  #flushing: Promise<void> | undefined;
  #isClosed = false;

  constructor(network: Network, components: HubComponents) {
    this.#network = network;
    this.#components = components;
  }

  /** Public keys and MTU: the newest count. */
  seen(
    { identity, name }: StoredMachine,
    { keys, seen: { mtu } }: { readonly keys?: Said['keys']; readonly seen: Said },
  ): void {
    const known = this.#network.snapshot.names.get(name);
    const isNewKey = keys && canonicalJson(keys) !== canonicalJson(known?.keys ?? {});
    const isNewMtu = mtu !== undefined && mtu !== known?.mtu;
    if (!isNewKey && !isNewMtu) return;
    this.#seen.set(identity, {
      ...this.#seen.get(identity),
      ...(keys && { keys }),
      ...(mtu !== undefined && { mtu }),
    });
    this.#soon();
  }

  reported({ hello: { identity } }: Connection, { outcome, rev }: StateReport): void {
    if (outcome !== 'confirmed' && outcome !== 'reverted') return;
    // What no store holds would keep the reports of all others from it.
    if (rev < 0 || rev > mostRevisions) return;
    const mark = outcome === 'confirmed' ? { confirmed: rev } : { quarantined: rev };
    if (this.#marks.get(identity)?.quarantined === rev) this.forgive(identity);
    this.#marks.set(identity, { ...this.#marks.get(identity), ...mark });
    this.#soon();
  }

  /** Whether it is stored that a machine went back from the present revision. */
  tookBack({ hello: { identity } }: Connection): boolean {
    const { stored, byIdentity } = this.#network.snapshot;
    return byIdentity.get(identity)?.quarantined === stored.revision.number;
  }

  /** What it took back is there after all. */
  overcome({ hello: { identity } }: Connection): void {
    this.forgive(identity);
    this.#network
      .commit(({ byIdentity }) => {
        const record = byIdentity.get(identity);
        if (record?.quarantined === undefined) return undefined;
        const { quarantined: _, ...rest } = record;
        const { name: machine } = record;
        return { author: machine, action: 'resume', detail: { machine }, put: [rest] };
      })
      .catch(this.#failed);
  }

  /** A person wants it tried again: what it took back before counts no more. */
  forgive(identity: string): void {
    const { quarantined: _, ...rest } = this.#marks.get(identity) ?? {};
    this.#marks.set(identity, rest);
  }

  drifted({ machine }: Connection, { changes, repaired, at }: DriftReport): void {
    const told = changes.slice(0, mostLines).map((line) => line.slice(0, longestLine));
    this.#note(machine, 'drift', { changes: told, repaired, seen: at });
  }

  /** Of a conflict two gateways tell: one of them is enough for the audit. */
  warned({ machine }: Connection, warnings: readonly Finding[]): void {
    const now = performance.now();
    for (const [what, at] of this.#noted) if (now - at > notedAgain) this.#noted.delete(what);
    const news = warnings.filter(({ code, message }) => {
      const what = message.slice(0, longestLine);
      const isNew = conflictCodes.has(code) && !this.#noted.has(what);
      if (isNew && this.#noted.size < mostLines) this.#noted.set(what, now);
      return isNew && this.#noted.has(what);
    });
    if (news.length === 0) return;
    const conflicts = news.map(({ message }) => message.slice(0, longestLine));
    this.#note(machine, 'conflict', { conflicts });
  }

  upgraded({ machine }: Connection, upgrade: Upgrade): void {
    this.#note(machine, 'upgrade', upgrade);
  }

  async cloned(machine: string, detail: object): Promise<void> {
    this.#note(machine, 'clone', detail);
    await this.#network.settled();
  }

  /** Resolves when everything heard so far is stored, or cannot be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#soon(0);
    await this.#flushing;
    await this.#network.settled();
  }

  #note(author: string, action: Action, detail: object): void {
    this.#network.commit(() => ({ author, action, detail })).catch(this.#failed);
  }

  readonly #failed = (error: unknown): void => {
    this.#components.log.error(
      { err: error, network: this.#network.name },
      'a report is not stored',
    );
  };

  #soon(after = flushEvery): void {
    this.#flushing ??= new Promise<void>((resolve) => {
      setTimeout(resolve, after);
    })
      .then(async () => {
        this.#flushing = undefined;
        const [seen, marks] = [this.#seen, this.#marks];
        this.#seen = new Map();
        this.#marks = new Map();
        await this.#store(seen, marks);
      })
      .catch(this.#failed);
  }

  /** What cannot be stored now is kept until it can: no agent says it twice. */
  async #store(seen: Map<string, Said>, marks: Map<string, Mark>): Promise<void> {
    try {
      await this.#network.commit(async (snapshot, decide) => editOf(snapshot, decide, seen, marks));
    } catch (error) {
      this.#seen = merged(seen, this.#seen);
      this.#marks = remarked(marks, this.#marks);
      if (!this.#isClosed) this.#soon(retryAfter);
      throw error;
    }
  }
}

/** What was said of each, the newer over the older. */
const merged = <T extends object>(older: Map<string, T>, newer: Map<string, T>): Map<string, T> =>
  new Map([
    ...older,
    ...[...newer].map(([id, one]) => [id, { ...older.get(id), ...one }] as const),
  ]);

/** Who has said something since, or was forgiven, has nothing in quarantine of before. */
const remarked = (older: Map<string, Mark>, newer: Map<string, Mark>): Map<string, Mark> => {
  const left = [...older].map(([id, { quarantined, ...mark }]): [string, Mark] => [
    id,
    { ...mark, ...(quarantined !== undefined && !newer.has(id) && { quarantined }) },
  ]);
  return merged(new Map(left), newer);
};

async function editOf(
  snapshot: Snapshot,
  decide: Decide,
  said: ReadonlyMap<string, Said>,
  marks: ReadonlyMap<string, Mark>,
): Promise<Edit | undefined> {
  const edit = said.size === 0 ? undefined : await decide({ name: 'hear', input: said });
  const put = [...marks].flatMap(([identity, mark]) => {
    const machine = snapshot.byIdentity.get(identity);
    return machine ? [{ ...machine, ...mark }] : [];
  });
  return edit || put.length > 0 ? { author: 'server', ...edit, put } : undefined;
}
