import type { Hello, StateReport, ToAgent } from '#api';
import type { Diagnostic } from '#base';
import { delta, type HostState } from '#state';
import type { Compiled, NamedState } from '../network/compiled.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { Card } from '../presence/card.ts';
import type { NetworkSecret } from '../secrets/network-secret.ts';
import { presharedKeys } from '../secrets/preshared.ts';
import type { Wire } from './wire.ts';

/** What the agent has by now, as far as the server told it or it said so itself. */
interface Known {
  readonly hash: string;
  /** The network in which its state has that hash; absent where only the hash is known. */
  readonly compiled?: Compiled;
}

/** The newest facilities that a state asks for, by name. */
function facilitiesOf({ state }: NamedState): ReadonlyMap<string, number> {
  const versions = new Map<string, number>();
  for (const namespace of Object.values(state.namespaces)) {
    for (const [facility, value] of Object.entries(namespace)) {
      const { v } = value as { readonly v?: unknown };
      if (typeof v === 'number') versions.set(facility, Math.max(v, versions.get(facility) ?? 0));
    }
  }
  return versions;
}

/** The values that a state refers to and the one before did not. */
function valuesFor(state: HostState, { of }: NetworkSecret, before?: HostState) {
  const values = [...presharedKeys(state, of, before)].map(
    ([reference, value]) => [reference, value.reveal()] as const,
  );
  return values.length > 0 && { secrets: Object.fromEntries(values) };
}

/** Whether an agent is told the name of its state also where it has the right one already. */
export type Name = 'always' | 'changes';

/** One enrolled agent that is connected: what it has, what it was sent, what it says. */
export class Connection {
  machine: string;
  readonly hello: Hello;
  readonly wire: Wire;
  readonly since: string;
  #known: Known | undefined;
  #wanted: string | undefined;
  #confirmed: { readonly hash: string; readonly rev: number } | undefined;
  /** What the agent's program is too old for: `nft 2`. */
  #lacks: readonly string[] = [];
  #report: StateReport | undefined;
  /** The hash of a state that the machine took back; not sent again until a person asks. */
  quarantined: string | undefined;
  paused: string | undefined;
  /** A state is on its way; what is to be sent then. */
  busy = false;
  again: Name | undefined;

  constructor(machine: string, hello: Hello, wire: Wire, since: string) {
    this.machine = machine;
    this.hello = hello;
    this.wire = wire;
    this.since = since;
    this.paused = hello.paused;
    this.#confirmed = hello.confirmed;
    if (hello.has) this.#known = { hash: hello.has.hash };
  }

  /** The hash of the state that the machine should have. */
  get wanted(): string | undefined {
    return this.#wanted;
  }

  get failures(): readonly Diagnostic[] {
    const { outcome, failures } = this.#report ?? { outcome: 'applied', failures: [] };
    return outcome === 'failed' || outcome === 'reverted' ? failures : [];
  }

  /** The revision that the machine confirmed last, over this connection or before. */
  get confirmed(): number | undefined {
    return this.#confirmed?.rev;
  }

  /** Whether what it confirmed is what it should have. */
  get isConfirmed(): boolean {
    return this.#wanted !== undefined && this.#confirmed?.hash === this.#wanted;
  }

  /** Whether it has been told nothing that it has not done. */
  get isCurrent(): boolean {
    if (this.#wanted === undefined || this.isConfirmed) return true;
    return this.#report?.outcome === 'applied' && this.#report.hash === this.#wanted;
  }

  /** As others see it; `isAsked`: it is about to be told something. */
  card(isAsked: boolean): Card {
    const { identity, program, seen } = this.hello;
    const { confirmed } = this;
    return {
      identity,
      boot: seen.boot,
      address: this.wire.address,
      since: this.since,
      program,
      ...(confirmed !== undefined && { confirmed }),
      isConfirmed: this.isConfirmed && !isAsked,
      isCurrent: this.isCurrent && !isAsked,
      lacks: this.#lacks,
      isQuarantined: this.quarantined !== undefined,
      ...(this.paused !== undefined && { paused: this.paused }),
      failures: this.failures,
    };
  }

  heard(report: StateReport): void {
    this.#report = report;
    if (report.outcome === 'confirmed') this.#confirmed = report;
    if (report.outcome === 'waiting') this.#known = undefined;
    if (report.outcome !== 'reverted') return;
    this.#known = undefined;
    this.quarantined = report.hash;
  }

  saw({ paused }: { readonly paused?: string | null | undefined }): void {
    if (paused !== undefined) this.paused = paused ?? undefined;
  }

  /** The agent's machine is as it was under this network, whatever revision it has. */
  carryOver(before: Compiled, after: Compiled): boolean {
    if (this.#known?.compiled !== before || this.#known.hash !== this.#wanted) return false;
    this.#known = { ...this.#known, compiled: after };
    return true;
  }

  /**
   * Sends what makes the agent's state into the one of this network: nothing, a delta, or the whole.
   * `name`: tell it also where it has the right one already, which confirms that.
   */
  async send({ compiled, secret }: Snapshot, name: Name): Promise<void> {
    const next = compiled.state(this.machine);
    this.#wanted = next.hash;
    this.#lacks = this.#missing(next);
    if (this.#lacks.length > 0 || this.quarantined === next.hash) return;
    const message = this.#message(compiled, next, secret);
    this.#known = { hash: next.hash, compiled };
    if (message.type !== 'current' || name === 'always') await this.wire.send(message);
  }

  #message(
    compiled: Compiled,
    { state, hash }: NamedState,
    secret: NetworkSecret | undefined,
  ): ToAgent {
    const { epoch, number: rev } = compiled.revision;
    const named = { epoch, rev, hash };
    const known = this.#known;
    if (known?.hash === hash) return { type: 'current', ...named };
    const old = known?.compiled?.state(this.machine);
    if (!known || old?.hash !== known.hash)
      return { type: 'state', ...named, state, ...(secret && valuesFor(state, secret)) };
    return {
      type: 'delta',
      ...named,
      from: known.hash,
      delta: delta(old.state, state),
      ...(secret && valuesFor(state, secret, old.state)),
    };
  }

  #missing(next: NamedState): readonly string[] {
    const { supports } = this.hello;
    return [...facilitiesOf(next)]
      .filter(([facility, version]) => (supports[facility] ?? 0) < version)
      .map(([facility, version]) => `${facility} ${version}`)
      .sort();
  }
}
