import type { NftMatch, NftRule } from '#state';

/** What a field is, or which of several; `@` names a set. */
export const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });
export const isNot = (left: string, right: string | string[]): NftMatch => ({
  left,
  op: '!=',
  right,
});

export const pass = (...match: readonly NftMatch[]): NftRule => ({
  match: [...match],
  verdict: 'accept',
});

/** Drops, and counts what it dropped. */
export const drop = (counter: string, ...match: readonly NftMatch[]): NftRule => ({
  match: [...match],
  counter,
  verdict: 'drop',
});

/** Whom a frame is from, by its MAC address and another field of it, as a set has them together. */
export const sender = (left: string, set: string): NftMatch =>
  is(`ether saddr . ${left}`, `@${set}`);
