import { canonicalJson } from '#base';
import type { HostState } from './schema.ts';
import { sha256 } from './sha256.ts';

/** SHA-256 of the state's canonical JSON (RFC 8785), in hexadecimal: equal states, equal hashes. */
export const hashState = (state: HostState): string => sha256(canonicalJson(state));
