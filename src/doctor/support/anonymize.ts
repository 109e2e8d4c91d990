import { createHmac } from 'node:crypto';
import { Address, Prefix } from '#ip';

/** What stands for persons and machines, by what it is called in their place. */
export type NameKind = 'machine' | 'network' | 'host' | 'person' | 'rule';
export type Names = Readonly<Record<NameKind, readonly string[]>>;

/** Replaces names, addresses and keys of one bundle: equal ones by equal ones, everywhere in it. */
export type Anonymize = (text: string) => string;

/**
 * Random bits that depend on the key and on the bits before alone: two addresses that begin alike do so
 * afterwards (Xu et al., Prefix-preserving IP address anonymization, 2002).
 */
class Addresses {
  readonly #key: Buffer;
  readonly #flips = new Map<string, boolean>();
  readonly #known = new Map<string, string>();

  constructor(key: Buffer) {
    this.#key = key;
  }

  of(text: string): string {
    const known = this.#known.get(text) ?? this.#replace(text);
    this.#known.set(text, known);
    return known;
  }

  #replace(text: string): string {
    const address = Address.tryParse(text);
    if (!address || isGeneral(address)) return text;
    const width = address.family === 4 ? 32 : 128;
    const bits = BigInt(address.value).toString(2).padStart(width, '0');
    const made = bits.split('').map((bit, index) => {
      const flips = this.#flipsAfter(`${address.family} ${bits.slice(0, index)}`);
      return flips === (bit === '1') ? '0' : '1';
    });
    const value = BigInt(`0b${made.join('')}`);
    return Address.of(address.family, address.family === 4 ? Number(value) : value).toString();
  }

  #flipsAfter(before: string): boolean {
    const known = this.#flips.get(before);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', this.#key).update(before).digest();
    const flips = ((digest[0] ?? 0) & 1) === 1;
    this.#flips.set(before, flips);
    return flips;
  }
}

/** Addresses that are the same for everybody. */
const general = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/127', 'ff00::/8'].map(Prefix.parse);

const isGeneral = (address: Address): boolean =>
  general.some((prefix) => prefix.family === address.family && prefix.contains(address));

/** A prefix stays one: no bit behind its length. */
function prefixAs(addresses: Addresses, text: string, length: string): string {
  const made = addresses.of(text);
  const [before, after] = [Prefix.tryParse(`${text}/${length}`), Address.tryParse(made)];
  if (!before || !after || made === text) return `${made}/${length}`;
  return Prefix.of(after, Number(length)).toString();
}

const v4 = /(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?(?![\w.]*\d)/g;
const v6 = /(?<![\w.:])((?:[\da-f]{0,4}:){2,7}[\da-f]{0,4})(?:\/(\d{1,3}))?(?![\w:])/gi;
const mac = /(?<![\w:])(?:[\da-f]{2}:){5}[\da-f]{2}(?![\w:])/gi;
const key = /(?<![\w+/])[A-Za-z\d+/]{43}=(?![\w=])/g;
const mail = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;

/** `machine-3` for the third name of its kind; equal texts get equal ones. */
class Counted {
  readonly #made = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  of(kind: string, text: string): string {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const made = `${kind}-${count}`;
    this.#made.set(text, made);
    return made;
  }
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Longer names first: one may be a part of another. A letter alone says nothing, and is everywhere. */
function namePattern(names: readonly string[]): RegExp | undefined {
  const long = names.filter((name) => name.length > 1).sort((a, b) => b.length - a.length);
  if (long.length === 0) return undefined;
  return new RegExp(`(?<![A-Za-z\\d])(?:${long.map(escaped).join('|')})(?![A-Za-z\\d])`, 'gi');
}

/** `key`: random, and forgotten afterwards, so that nobody can turn it back. */
export function anonymizer(names: Names, secret: Buffer): Anonymize {
  const addresses = new Addresses(secret);
  const counted = new Counted();
  const kinds = new Map(
    Object.entries(names).flatMap(([kind, all]) =>
      all.map((name) => [name.toLowerCase(), kind] as const),
    ),
  );
  for (const [name, kind] of kinds) counted.of(kind, name);
  const pattern = namePattern([...kinds.keys()]);
  const address = (whole: string, text: string, length: string | undefined): string => {
    if (!Address.tryParse(text)) return whole;
    return length === undefined ? addresses.of(text) : prefixAs(addresses, text, length);
  };
  return (text) => {
    const plain = text
      .replaceAll(mail, (found) => counted.of('mail', found))
      .replaceAll(key, (found) => counted.of('key', found))
      .replaceAll(mac, (found) => counted.of('mac', found.toLowerCase()))
      .replaceAll(v6, address)
      .replaceAll(v4, address);
    if (!pattern) return plain;
    return plain.replaceAll(pattern, (name) => counted.of('name', name.toLowerCase()));
  };
}
