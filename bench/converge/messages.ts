/** What a bench and the process of its simulated agents say to each other. */

/** A machine as its server has to know it before its agent connects. */
export interface Made {
  readonly name: string;
  /** Ed25519 and WireGuard public keys, base64. */
  readonly identity: string;
  readonly key: string;
}

export interface Destination {
  readonly server: string;
  readonly network: string;
  /** By which the server's key is known. */
  readonly pin: string;
}

export type Order =
  | { readonly do: 'make'; readonly names: readonly string[] }
  /** Begins to connect all, so many a second. */
  | { readonly do: 'connect'; readonly to: Destination; readonly perSecond: number }
  /** Forgets which messages came until now. */
  | { readonly do: 'mark' }
  /** Answered when so many agents were told of a change since the mark. */
  | { readonly do: 'told'; readonly count: number }
  /** Answered when all are connected, have proven what they hold, and were answered. */
  | { readonly do: 'settled' }
  /** Begins to tell how the tunnels to the hub are and went, each once in so many ms. */
  | { readonly do: 'talk'; readonly hub: string; readonly every: number }
  /** Answered with how often a state was not the one that its hash names. */
  | { readonly do: 'verify' };

export interface Answers {
  readonly make: readonly Made[];
  readonly connect: null;
  readonly mark: null;
  /** When each of them was told. */
  readonly told: readonly number[];
  /** When each was answered on its present connection. */
  readonly settled: readonly number[];
  readonly talk: null;
  readonly verify: number;
}

export interface Asked {
  readonly id: number;
  readonly order: Order;
}

export interface Answered {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}
