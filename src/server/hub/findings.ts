import type { DriftReport, Hello, StateReport } from '#api';
import { canonicalJson } from '#base';
import type { Compiled } from '../network/compiled.ts';
import type { Edit } from '../network/edit.ts';
import { withFacts } from '../network/enrol.ts';
import type { Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { StoredMachine } from '../store/contract.ts';
import type { Connection } from './connection.ts';
import type { HubComponents } from './hub.ts';

/** What agents say is stored together, at most so often, in milliseconds. */
const flushEvery = 50;

interface Seen {
  readonly keys?: Hello['keys'] | undefined;
  readonly mtu?: number | undefined;
}

type Mark = Pick<StoredMachine, 'confirmed' | 'quarantined'>;

/** Gathers what the agents of a network report, and stores it in few transactions. */
export class Findings {
  readonly #network: Network;
  readonly #components: HubComponents;
  /** By identity. */
  #seen = new Map<string, Seen>();
  #marks = new Map<string, Mark>();
  #flushing: Promise<void> | undefined;

  constructor(network: Network, components: HubComponents) {
    this.#network = network;
    this.#components = components;
  }

  /** Public keys and MTU: the newest count. */
  seen(
    { identity, name }: StoredMachine,
    { keys, seen: { mtu } }: { readonly keys?: Hello['keys'] | undefined; readonly seen: Seen },
  ): void {
    const { facts } = this.#network.snapshot.stored;
    const isNewKey = keys && canonicalJson(keys) !== canonicalJson(facts.keys[name]);
    const isNewMtu = mtu !== undefined && mtu !== facts.observations.mtu[name];
    if (!isNewKey && !isNewMtu) return;
    const known = this.#seen.get(identity);
    this.#seen.set(identity, {
      ...known,
      ...(keys && { keys }),
      ...(mtu !== undefined && { mtu }),
    });
    this.#soon();
  }

  reported({ hello: { identity } }: Connection, { outcome, rev }: StateReport): void {
    if (outcome !== 'confirmed' && outcome !== 'reverted') return;
    const mark = outcome === 'confirmed' ? { confirmed: rev } : { quarantined: rev };
    this.#marks.set(identity, { ...this.#marks.get(identity), ...mark });
    this.#soon();
  }

  /** A person wants it tried again: what it took back before counts no more. */
  forgive(identity: string): void {
    const { quarantined: _, ...rest } = this.#marks.get(identity) ?? {};
    this.#marks.set(identity, rest);
  }

  drifted({ machine }: Connection, { changes, repaired, at }: DriftReport): void {
    this.#note(machine, 'drift', { changes, repaired, seen: at });
  }

  async cloned(machine: string, detail: unknown): Promise<void> {
    this.#note(machine, 'clone', detail);
    await this.#network.settled();
  }

  /** Resolves when everything heard so far is stored. */
  async flush(): Promise<void> {
    this.#soon(0);
    await this.#flushing;
    await this.#network.settled();
  }

  #note(author: string, action: string, detail: unknown): void {
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
        await this.#network.commit((snapshot) => editOf(snapshot, seen, marks));
      })
      .catch(this.#failed);
  }
}

function editOf(
  snapshot: Snapshot,
  seen: ReadonlyMap<string, Seen>,
  marks: ReadonlyMap<string, Mark>,
): Edit | undefined {
  const compiled = withSeen(snapshot, seen);
  const put = [...marks].flatMap(([identity, mark]) => {
    const machine = snapshot.byIdentity.get(identity);
    return machine ? [{ ...machine, ...mark }] : [];
  });
  if (!compiled && put.length === 0) return undefined;
  return { author: 'server', ...(compiled && { compiled }), put };
}

/** The network with what enrolled machines said of themselves; undefined if that is nothing new. */
function withSeen(snapshot: Snapshot, seen: ReadonlyMap<string, Seen>): Compiled | undefined {
  const { facts } = snapshot.stored;
  const keys: Record<string, Hello['keys']> = { ...facts.keys };
  const mtu: Record<string, number> = { ...facts.observations.mtu };
  for (const [identity, said] of seen) {
    const machine = snapshot.byIdentity.get(identity);
    if (machine?.enrolment !== 'enrolled') continue;
    if (said.keys) keys[machine.name] = said.keys;
    if (said.mtu !== undefined) mtu[machine.name] = said.mtu;
  }
  const next = { ...facts, keys, observations: { ...facts.observations, mtu } };
  if (canonicalJson(next) === canonicalJson(facts)) return undefined;
  return withFacts(snapshot, next);
}
