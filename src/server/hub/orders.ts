import type { UpgradeMessage } from '#api';
import type { Presence } from '../presence/presence.ts';
import type { Connection } from './connection.ts';

export interface OrdersInit {
  readonly network: string;
  readonly presence: Presence;
  /** The connection of an identity to this server. */
  readonly of: (identity: string) => Connection | undefined;
  /** Sends an agent its state. */
  readonly send: (connection: Connection) => void;
  /** Told when other servers should hear of it. */
  readonly changed: (identity: string) => void;
}

/** What people order an agent to do, whichever server it is connected to. */
export class Orders {
  readonly #init: OrdersInit;

  constructor(init: OrdersInit) {
    this.#init = init;
  }

  /** Sends a machine again what it took back or failed at. */
  retry(identity: string): void {
    const { network, presence } = this.#init;
    if (this.retryHere(identity)) return;
    const elsewhere = presence.find(network, identity);
    if (elsewhere) presence.retry(network, elsewhere);
  }

  /** False where it is not connected to this server. */
  retryHere(identity: string): boolean {
    const { of, send } = this.#init;
    const connection = of(identity);
    if (!connection) return false;
    connection.quarantined = undefined;
    void connection.wire.send({ type: 'retry' });
    send(connection);
    return true;
  }

  /** @returns the id of what is under way: of another order, where one came first */
  upgrade(identity: string, order: UpgradeMessage): string {
    const { network, presence } = this.#init;
    const here = this.upgradeHere(identity, order);
    if (here !== undefined) return here;
    const elsewhere = presence.find(network, identity);
    if (elsewhere) presence.upgrade(network, elsewhere, order);
    return order.id;
  }

  /** Undefined where it is not connected to this server. */
  upgradeHere(identity: string, order: UpgradeMessage): string | undefined {
    const { of, changed } = this.#init;
    const connection = of(identity);
    if (!connection) return undefined;
    if (connection.upgrade?.outcome === 'working') return connection.upgrade.id;
    const version = order.packages[0]?.version ?? '';
    connection.upgrade = { id: order.id, version, outcome: 'working' };
    changed(identity);
    void connection.wire.send(order);
    return order.id;
  }
}
