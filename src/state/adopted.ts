import type { SecretRef } from './schema.ts';
import { sha256 } from './sha256.ts';

/** Version of a preshared key that was there before Hawser: two machines know it, and no server. */
const adoptedVersion = 0;

/** Digits of a SHA-256 that nobody meets by trying: whoever joins chooses its own key. */
const digits = 32;

/** The name of a pair of public keys whose tunnel was made by hand, the same from both ends. */
export const adoptedPair = (one: string, other: string): string =>
  `adopted-${sha256([one, other].sort().join(' ')).slice(0, digits)}`;

/** The reference to the preshared key that such a pair has had from the beginning. */
export const adoptedKey = (pair: string): SecretRef => ({ id: pair, version: adoptedVersion });

export const isAdoptedKey = ({ version }: SecretRef): boolean => version === adoptedVersion;
