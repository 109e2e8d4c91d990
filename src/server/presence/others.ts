import type { Card } from './card.ts';
import type { Here, Word } from './words.ts';

/** A server is gone that was not heard for so many milliseconds: several of its beats. */
const lifetime = 7_000;

/** What one other server says of a network. */
interface Part {
  revision: number;
  readonly cards: Map<string, Card>;
}
type Parts = Map<string, Part>;

interface Other {
  heard: number;
  /** The last word of a row without a gap; undefined: it has to be asked for the whole. */
  seq: number | undefined;
  servers: readonly string[];
  parts: Parts;
  /** The whole, while its parts come in. */
  coming: Parts | undefined;
}

/** An agent that is connected to another server. */
export interface Elsewhere {
  readonly server: string;
  /** Where that one is, as it says. */
  readonly place: string;
  readonly card: Card;
  readonly revision: number;
}

function take(parts: Parts, { network, cards, gone, revision }: Here): void {
  const part = parts.get(network) ?? { revision: 0, cards: new Map<string, Card>() };
  parts.set(network, part);
  for (const identity of gone) part.cards.delete(identity);
  for (const card of cards) part.cards.set(card.identity, card);
  if (revision !== undefined) part.revision = revision;
}

/** What the other servers say of themselves. Times in milliseconds of any clock that never goes back. */
export class Others {
  readonly #others = new Map<string, Other>();

  get some(): boolean {
    return this.#others.size > 0;
  }

  /** How the others are called among themselves. */
  get ids(): readonly string[] {
    return [...this.#others.keys()];
  }

  /** Where the others say that they are. */
  get servers(): readonly string[] {
    return [...this.#others.values()].flatMap(({ servers }) => servers);
  }

  /** Takes a word of another server; tells whether it has to be asked for the whole. */
  heard(from: string, word: Word, now: number): 'ask' | undefined {
    if (word.say === 'bye') {
      this.#others.delete(from);
      return undefined;
    }
    const other = this.#other(from, now);
    if (word.say === 'beat') other.servers = word.servers;
    else if (word.say === 'here') this.#here(other, word);
    else if (word.say === 'whole') this.#whole(other, word);
    else return undefined;
    const isBehind = other.seq !== word.seq && other.coming === undefined;
    return isBehind ? 'ask' : undefined;
  }

  #other(from: string, now: number): Other {
    const known = this.#others.get(from);
    const other = known ?? {
      ...{ heard: now, seq: undefined, servers: [], coming: undefined },
      parts: new Map() as Parts,
    };
    other.heard = now;
    this.#others.set(from, other);
    return other;
  }

  #here(other: Other, { seq, here }: Extract<Word, { say: 'here' }>): void {
    if (other.seq === undefined || seq !== other.seq + 1) return;
    take(other.parts, here);
    other.seq = seq;
  }

  #whole(other: Other, { part, here, seq, servers }: Extract<Word, { say: 'whole' }>): void {
    other.servers = servers;
    if (part === 'first') other.coming = new Map();
    if (!other.coming) return;
    if (here) take(other.coming, here);
    if (part !== 'last') return;
    other.parts = other.coming;
    other.coming = undefined;
    other.seq = seq;
  }

  /** Some words may not have been heard: what was coming in is not whole. */
  missed(): void {
    for (const other of this.#others.values()) {
      other.coming = undefined;
      other.seq = undefined;
    }
  }

  /** Forgets those that were not heard for too long; says which. */
  prune(now: number): readonly string[] {
    const silent = [...this.#others].filter(([, { heard }]) => now - heard > lifetime);
    for (const [from] of silent) this.#others.delete(from);
    return silent.map(([from]) => from);
  }

  /** Where an identity is connected; the newest place, if it is said of several. */
  find(network: string, identity: string): Elsewhere | undefined {
    let found: Elsewhere | undefined;
    for (const [server, { parts, servers }] of this.#others) {
      const part = parts.get(network);
      const card = part?.cards.get(identity);
      if (!part || !card || (found && found.card.since >= card.since)) continue;
      found = { server, place: servers[0] ?? '', card, revision: part.revision };
    }
    return found;
  }

  /** How many agents of a network are connected elsewhere. */
  count(network: string): number {
    const sizes = [...this.#others.values()].map(
      ({ parts }) => parts.get(network)?.cards.size ?? 0,
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
