import type { Hello } from '#api';
import { serverErrors } from '../errors.ts';
import type { Network } from '../network/network.ts';
import { type Clone, cloneAsksAfter, cloneLasts } from '../presence/card.ts';
import type { Elsewhere } from '../presence/others.ts';
import type { Connection } from './connection.ts';
import type { Findings } from './findings.ts';
import type { HubComponents } from './hub.ts';
import type { Wire } from './wire.ts';

/** How long an old connection has to show that it lives, in milliseconds. */
const proofOfLife = 3000;

export interface ClonesInit {
  readonly network: Network;
  readonly components: HubComponents;
  readonly findings: Findings;
  /** The connection of an identity to this server. */
  readonly of: (identity: string) => Connection | undefined;
  /** Told when other servers should hear of it. */
  readonly changed: (identity: string) => void;
}

/**
 * An agent may have two connections for a moment: it proves a change by a new one, or the old one is
 * dead and nobody noticed. Two processes whose connections both live are two machines, whichever
 * servers they came to: the first keeps its connection, the second is told and told of.
 */
export class Clones {
  readonly #init: ClonesInit;
  /** By identity, of those that are connected to this server. */
  readonly #clones = new Map<string, Clone>();
  readonly #ends = new Map<string, NodeJS.Timeout>();

  constructor(init: ClonesInit) {
    this.#init = init;
  }

  of(identity: string): Clone | undefined {
    return this.#clones.get(identity);
  }

  /** Notes where the second machine is, as long as it comes again and again. */
  note(identity: string, address: string): void {
    const { components, changed } = this.#init;
    this.forget(identity);
    this.#clones.set(identity, { address, seen: components.clock().getTime() });
    const end = (): void => {
      this.forget(identity);
      changed(identity);
    };
    this.#ends.set(identity, setTimeout(end, cloneLasts).unref());
    changed(identity);
  }

  forget(identity: string): void {
    clearTimeout(this.#ends.get(identity));
    this.#ends.delete(identity);
    this.#clones.delete(identity);
  }

  /** Refuses a new connection of a second machine; false for any other. */
  async refused({ identity, seen: { boot } }: Hello, wire: Wire): Promise<boolean> {
    const { network, components, of } = this.#init;
    const old = of(identity);
    if (!old) {
      const elsewhere = components.presence.find(network.name, identity);
      return elsewhere !== undefined && this.#refusedFor(elsewhere, boot, wire);
    }
    if (old.hello.seen.boot === boot || !(await old.wire.answers(proofOfLife))) return false;
    this.note(identity, wire.address);
    await this.#refuse(identity, old.wire.address, wire);
    return true;
  }

  /** Whether the connection of that very process is here and lives. */
  async lives(identity: string, boot: string): Promise<boolean> {
    const connection = this.#init.of(identity);
    return connection?.hello.seen.boot === boot && connection.wire.answers(proofOfLife);
  }

  /**
   * Two machines came to two servers at the same moment: the later connection gives way. One machine that is at another
   * server may have left a connection here that is dead: it would count again when that server ends.
   */
  async met(elsewhere: Elsewhere): Promise<void> {
    const { identity, since, boot } = elsewhere.card;
    const own = this.#init.of(identity);
    if (!own) return;
    const ownBoot = own.hello.seen.boot;
    if (ownBoot === boot) {
      if (!(await own.wire.answers(proofOfLife))) own.wire.terminate();
      return;
    }
    const isLater = own.since > since || (own.since === since && ownBoot > boot);
    if (isLater) await this.#refusedFor(elsewhere, ownBoot, own.wire);
  }

  async #refusedFor(elsewhere: Elsewhere, boot: string, wire: Wire): Promise<boolean> {
    const { network, components } = this.#init;
    const { card, place } = elsewhere;
    if (card.boot === boot) return false;
    if (!(await components.presence.lives(network.name, elsewhere))) return false;
    components.presence.cloned(network.name, elsewhere, wire.address);
    await this.#refuse(card.identity, `${card.address} (at ${place})`, wire);
    return true;
  }

  async #refuse(identity: string, first: string, wire: Wire): Promise<void> {
    const { network, components, findings } = this.#init;
    const machine = network.snapshot.byIdentity.get(identity)?.name ?? identity;
    const args = { machine, first, second: wire.address };
    const error = serverErrors.error('server/two-machines', args);
    components.log.warn({ ...args, network: network.name }, error.message);
    await findings.cloned(machine, args);
    await wire.refuse({ error, again: cloneAsksAfter });
  }
}
