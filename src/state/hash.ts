import { canonicalJson } from '#base';
import type { HostState } from './schema.ts';
import { sha256 } from './sha256.ts';

/**
 * SHA-256 of the state's canonical JSON (RFC 8785), in hexadecimal. Epoch and revision name a state
 * and are left out: a revision that does not touch a machine leaves it the hash that it had.
 */
export const hashState = (state: HostState): string =>
  sha256(canonicalJson({ ...state, epoch: '', rev: 0 }));
