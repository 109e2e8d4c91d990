import { canonicalJson } from '#base';
import type { HostState, NameEntry, Namespace } from './schema.ts';
import { sha256 } from './sha256.ts';

/** All machines of a network share one list of names. */
const digests = new WeakMap<readonly NameEntry[], string>();

function digestOf(items: readonly NameEntry[]): string {
  const digest = digests.get(items) ?? sha256(canonicalJson(items));
  digests.set(items, digest);
  return digest;
}

const withDigest = (namespace: Namespace): object =>
  namespace.names
    ? { ...namespace, names: { ...namespace.names, items: digestOf(namespace.names.items) } }
    : namespace;

/**
 * SHA-256 of the state's canonical JSON (RFC 8785), in hexadecimal. Epoch and revision name a state
 * and are left out: a revision that does not touch a machine leaves it the hash that it had. Names are
 * replaced by their own hash, which is made once for all machines. `digest`: a quicker SHA-256 of a text,
 * where there is one.
 */
export function hashState(state: HostState, digest: (text: string) => string = sha256): string {
  const namespaces = Object.fromEntries(
    Object.entries(state.namespaces).map(([name, namespace]) => [name, withDigest(namespace)]),
  );
  return digest(canonicalJson({ ...state, epoch: '', rev: 0, namespaces }));
}
