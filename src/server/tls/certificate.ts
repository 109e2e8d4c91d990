import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Store } from '../store/index.ts';
import { authorityLife, leafLife, living, needsNext, signer } from './authorities.ts';
import { type KeptTls, keepTls, keptTls } from './kept.ts';

/** What a server listens with, and what others know it by. */
export interface ServerCertificate {
  /** Private key, PEM. */
  readonly key: string;
  /** Its certificate and those up to the authority, PEM. */
  readonly cert: string;
  /** Certificates that vouch for it now or will soon, PEM; empty: those every system trusts. */
  readonly authorities: readonly string[];
  /** Base64 SHA-256 of the key's SubjectPublicKeyInfo (RFC 7469); absent where a public CA vouches. */
  readonly pin?: string;
  /** When to ask for the next one. */
  readonly renewAt: Date;
}

export interface CertificateInit {
  /** Host names and addresses it is to be good for. */
  readonly names: readonly string[];
  readonly clock: () => Date;
}

/** The pin of a key: of a private one (PEM) its public half's. */
export function pinOf(key: string | KeyObject): string {
  const isPublic = typeof key !== 'string' && key.type === 'public';
  const der = (isPublic ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}

/** Key and authorities as they are to be kept from now on; the same object where nothing changes. */
async function upToDate(kept: KeptTls | undefined, now: Date): Promise<KeptTls> {
  const alive = living(kept?.authorities ?? [], now);
  const missing = needsNext(alive, now);
  if (kept && !missing && alive.length === kept.authorities.length) return kept;
  const { generateKey, makeAuthority } = await import('./issue.ts');
  return {
    key: kept?.key ?? generateKey(),
    authorities: missing ? [...alive, await makeAuthority(now, authorityLife)] : alive,
  };
}

async function keptAndCurrent(store: Store, now: Date): Promise<KeptTls> {
  const kept = await store.read(keptTls);
  if (kept && (await upToDate(kept, now)) === kept) return kept;
  return store.write(async (tx) => {
    const latest = await keptTls(tx);
    const next = await upToDate(latest, now);
    if (next !== latest) await keepTls(tx, next);
    return next;
  });
}

/**
 * A certificate by the server's own authority, which is made at the first call and kept in the store;
 * the certificate itself is issued anew each time, for 90 days, always for the same key. Each call
 * also makes the next authority once the present one has half a year left.
 * @throws server/store-unreadable, server/disk-full
 */
export async function serverCertificate(
  store: Store,
  { names, clock }: CertificateInit,
): Promise<ServerCertificate & { readonly pin: string }> {
  const now = clock();
  const { key, authorities } = await keptAndCurrent(store, now);
  const authority = signer(authorities, now);
  if (!authority) throw new Error('no authority is left');
  const life = Math.min(leafLife, Date.parse(authority.expires) - now.getTime());
  const { issue } = await import('./issue.ts');
  const notAfter = new Date(now.getTime() + life);
  return {
    key,
    cert: await issue(authority, { key, names, notAfter }, now),
    authorities: authorities.map(({ cert }) => cert),
    pin: pinOf(key),
    renewAt: new Date(now.getTime() + (life * 2) / 3),
  };
}
