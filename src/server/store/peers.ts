/** The other servers on the same store. What is said there is kept nowhere. */
export interface Peers {
  /** This server among them. */
  readonly self: string;
  /**
   * Whether this server does what one of them has to do. That saves work and is no more: while a
   * connection is lost two may think so, and what they do must bear it.
   */
  readonly leads: boolean;
  /** Tells the others, in this order, each word in at most `longestWord` bytes; who is away misses it. */
  say(words: readonly string[]): void;
  /** Told what others say; without words when some may have been missed. */
  onWord(listener: (from: string | undefined, word: string) => void): () => void;
}

/** Bytes: a notification of PostgreSQL holds less than 8,000, with the name of who says it. */
export const longestWord = 7_900;

/** Of a store that only one server can have. */
export const alone: Peers = {
  self: '',
  leads: true,
  say: () => {},
  onWord: () => () => {},
};
