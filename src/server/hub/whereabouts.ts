import type { Network } from '../network/network.ts';
import type { Card } from '../presence/card.ts';
import type { Elsewhere } from '../presence/others.ts';
import type { Presence } from '../presence/presence.ts';
import type { Clones } from './clones.ts';
import type { Connection } from './connection.ts';
import type { States } from './states.ts';

/** An agent that is connected to this server or another. */
export interface Present {
  readonly card: Card;
  /** The revision that its server is at. */
  readonly revision: number;
  /** Where its server is, if that is another. */
  readonly place?: string;
}

/** Where an agent is: here, at another server, or nowhere. */
interface Place {
  readonly here?: Connection;
  readonly elsewhere?: Elsewhere;
}

interface Around {
  readonly network: Network;
  readonly presence: Pick<Presence, 'find'>;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly states: Pick<States, 'isAsked'>;
  readonly clones: Pick<Clones, 'of'>;
}

/** Where identities are connected. */
export class Whereabouts {
  readonly #around: Around;

  constructor(around: Around) {
    this.#around = around;
  }

  /** The newest place of an identity, while it moves from one to another. */
  placeOf(identity: string): Place {
    const { network, presence, connections } = this.#around;
    const here = connections.get(identity);
    const elsewhere = presence.find(network.name, identity);
    if (elsewhere && !(here && here.since >= elsewhere.card.since)) return { elsewhere };
    return here ? { here } : {};
  }

  present(identity: string): Present | undefined {
    const { here, elsewhere } = this.placeOf(identity);
    if (!here) return elsewhere;
    const { number } = this.#around.network.snapshot.stored.revision;
    return { card: this.#cardOf(here), revision: number };
  }

  /** What of a card counts for tunnels: of all agents this is asked every second. */
  standing(identity: string): Pick<Card, 'warnings' | 'clone'> | undefined {
    const { here, elsewhere } = this.placeOf(identity);
    if (!here) return elsewhere?.card;
    const clone = this.#around.clones.of(identity);
    return { warnings: here.warnings, ...(clone && { clone }) };
  }

  /** Of who is connected here. */
  card(identity: string): Card | undefined {
    const connection = this.#around.connections.get(identity);
    return connection && this.#cardOf(connection);
  }

  #cardOf(connection: Connection): Card {
    const { states, clones } = this.#around;
    const clone = clones.of(connection.hello.identity);
    return { ...connection.card(states.isAsked(connection)), ...(clone && { clone }) };
  }
}
