import { randomBytes } from 'node:crypto';
import { Secret } from '#base';
import type { Transaction } from '../store/contract.ts';

/** What the preshared keys of a network are made from. */
export interface NetworkSecret {
  /** The one that states refer to now. */
  readonly version: number;
  /** 32 bytes each, base64. */
  readonly of: (version: number) => Secret;
}

const settingOf = (network: string): string => `preshared/${network}`;

/** The first secret of a new network. */
export async function makeNetworkSecret(tx: Transaction, network: string): Promise<void> {
  const value = randomBytes(32).toString('base64');
  await tx.putSetting(settingOf(network), JSON.stringify({ 1: value }));
}

/** What is kept; undefined for a network that has none: its tunnels have no preshared keys. */
export const readSecretText = async (
  tx: Transaction,
  network: string,
): Promise<string | undefined> => tx.setting(settingOf(network));

export function networkSecretOf(text: string, network: string): NetworkSecret {
  const values = new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  const of = (version: number): Secret => {
    const value = values.get(String(version));
    if (value === undefined) throw new Error(`no preshared secret ${version} of ${network}`);
    return new Secret(value);
  };
  return { version: Math.max(...[...values.keys()].map(Number)), of };
}
