import { Address, AddressRange, Prefix } from '#ip';
import type { Network } from '#spec';

/**
 * A Network as text: a lab stays what its file said when it went up, also when the file changes.
 * Addresses, prefixes and ranges are tagged, all else is plain data.
 */
export const freeze = (network: Network): string => JSON.stringify(network, tag);

/** Looks at the value itself: what it is handed went through `toJSON` already. */
function tag(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  if (own instanceof Address) return { $address: own.toString() };
  if (own instanceof Prefix) return { $prefix: own.toString() };
  if (own instanceof AddressRange) return { $range: own.toString() };
  return value;
}

export const thaw = (text: string): Network =>
  JSON.parse(text, (_key, value: unknown) => {
    if (value === null || typeof value !== 'object') return value;
    if ('$address' in value) return Address.parse(String(value.$address));
    if ('$prefix' in value) return Prefix.parse(String(value.$prefix));
    if ('$range' in value) return AddressRange.parse(String(value.$range));
    return value;
  }) as Network;
