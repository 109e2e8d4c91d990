import type { Facility, ItemTypes, PeerItem } from './items.ts';

/**
 * What a change does to traffic that flows: nothing; handshakes begin anew or flows are judged anew;
 * what used it stops.
 */
export type Impact = 'none' | 'session' | 'outage';

interface About {
  readonly namespace: string;
  readonly id: string;
  readonly impact: Impact;
  /** One phrase for people. */
  readonly why: string;
}

type Edit<T> =
  | { readonly kind: 'add'; readonly after: T }
  | { readonly kind: 'change'; readonly before: T; readonly after: T }
  | { readonly kind: 'remove'; readonly before: T };

/** A change of one item. */
export type EditOf<F extends Facility> = About & { readonly facility: F } & Edit<ItemTypes[F]>;

/**
 * Prefixes change their peer: all peers of one interface that give to or take from each other, losers
 * first. A peer that comes or goes stands on one side only. To be done as one.
 */
export interface Move extends About {
  readonly facility: 'peers';
  readonly kind: 'move';
  readonly before: readonly PeerItem[];
  readonly after: readonly PeerItem[];
}

export type Change = { readonly [F in Facility]: EditOf<F> }[Facility] | Move;
