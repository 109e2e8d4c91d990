import type { Transaction } from '../store/index.ts';
import type { Authority } from './authorities.ts';

/** What of TLS the store keeps. The key stays the same over all certificates, so that its pin does. */
export interface KeptTls {
  readonly key: string;
  readonly authorities: readonly Authority[];
}

const setting = 'tls';

export async function keptTls(tx: Transaction): Promise<KeptTls | undefined> {
  const text = await tx.setting(setting);
  return text === undefined ? undefined : (JSON.parse(text) as KeptTls);
}

export const keepTls = (tx: Transaction, tls: KeptTls): Promise<void> =>
  tx.putSetting(setting, JSON.stringify(tls));
