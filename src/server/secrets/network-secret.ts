import { randomBytes } from 'node:crypto';
import { Secret } from '#base';
import type { Transaction } from '../store/contract.ts';

/** What the preshared keys of a network are made from. */
export interface NetworkSecret {
  /** The newest. */
  readonly version: number;
  /** 32 bytes each, base64. */
  readonly of: (version: number) => Secret;
}

const settingOf = (network: string): string => `preshared/${network}`;

type Values = Readonly<Record<string, string>>;

const valuesIn = (text: string | undefined): Values =>
  text === undefined ? {} : (JSON.parse(text) as Values);

const newestOf = (values: Values): number => Math.max(0, ...Object.keys(values).map(Number));

/** The first secret of a new network, or the next one of another. */
export async function makeNetworkSecret(tx: Transaction, network: string): Promise<void> {
  const values = valuesIn(await readSecretText(tx, network));
  const value = randomBytes(32).toString('base64');
  const next = { ...values, [newestOf(values) + 1]: value };
  await tx.putSetting(settingOf(network), JSON.stringify(next));
}

/** Forgets all secrets of a network but the newest. */
export async function forgetOldSecrets(tx: Transaction, network: string): Promise<void> {
  const values = valuesIn(await readSecretText(tx, network));
  const newest = String(newestOf(values));
  const kept = { [newest]: values[newest] };
  await tx.putSetting(settingOf(network), JSON.stringify(kept));
}

/** What is kept; undefined for a network that has none: its tunnels have no preshared keys. */
export const readSecretText = async (
  tx: Transaction,
  network: string,
): Promise<string | undefined> => tx.setting(settingOf(network));

export function networkSecretOf(text: string, network: string): NetworkSecret {
  const values = valuesIn(text);
  const of = (version: number): Secret => {
    const value = values[String(version)];
    if (value === undefined) throw new Error(`no preshared secret ${version} of ${network}`);
    return new Secret(value);
  };
  return { version: newestOf(values), of };
}
