import { HawserError, type Place, Secret } from '#base';
import { Address, type Endpoint, isHostName, Prefix, parseEndpoint } from '#ip';
import type { InterfaceAddress } from './config.ts';
import { wireguardErrors } from './errors.ts';
import { isKey } from './key-text.ts';
import { type Entry, squeeze } from './lines.ts';

/** One element of a comma-separated value. */
interface Item {
  readonly text: string;
  readonly place: Place;
}

/** The elements of a list; empty ones mean nothing. */
function itemsOf({ value, valuePlace }: Entry, between: RegExp): readonly Item[] {
  return [...value.matchAll(between)]
    .map((match) => {
      const indent = match[0].length - match[0].trimStart().length;
      const column = valuePlace.column + match.index + indent;
      return { text: squeeze(match[0]), place: { ...valuePlace, column } };
    })
    .filter((item) => item.text !== '');
}

const betweenCommas = /[^,]+/g;
const betweenCommasOrSpaces = /[^,\s]+/g;

const invalidValue = (entry: Entry, item: Item, expected: string): HawserError =>
  wireguardErrors.error(
    'wireguard/invalid-value',
    { name: entry.name, value: item.text, expected },
    item,
  );

const whole = (entry: Entry): Item => ({ text: squeeze(entry.value), place: entry.valuePlace });

/** A key, which never gets into an error's text: it may be a secret. */
export function readKey(entry: Entry): string {
  const text = squeeze(entry.value);
  if (isKey(text)) return text;
  throw wireguardErrors.error(
    'wireguard/invalid-key',
    { name: entry.name },
    { place: entry.valuePlace },
  );
}

export const readSecretKey = (entry: Entry): Secret => new Secret(readKey(entry));

/** `first` to `last` in decimal; where `off` is allowed it reads as 0, and so may hexadecimal be. */
export function readNumber(
  entry: Entry,
  first: number,
  last: number,
  also: { readonly off?: boolean; readonly hex?: boolean } = {},
): number {
  const { text, place } = whole(entry);
  if (also.off && text.toLowerCase() === 'off') return 0;
  const form = also.hex ? /^(\d+|0x[\da-f]+)$/i : /^\d+$/;
  const number = form.test(text) ? Number(text) : Number.NaN;
  if (number >= first && number <= last) return number;
  const range = `a number from ${first} to ${last}${also.off ? ' or `off`' : ''}`;
  throw wireguardErrors.error(
    'wireguard/invalid-number',
    { name: entry.name, value: text, range },
    { place, text },
  );
}

/** `192.0.2.2/32`, `2001:db8::1`: without a length it is the address alone. */
function readNetworked(entry: Entry, item: Item): InterfaceAddress {
  const [host = '', length, ...rest] = item.text.split('/');
  const address = Address.tryParse(host);
  const longest = address?.family === 4 ? 32 : 128;
  const bits = length === undefined ? longest : /^\d+$/.test(length) ? Number(length) : -1;
  if (!address || rest.length > 0 || bits < 0 || bits > longest) {
    throw invalidValue(entry, item, 'an address with a prefix length, such as 10.0.0.2/24');
  }
  return { address, length: bits };
}

/** wg-quick(8) splits these at commas and at white space. */
export const readAddresses = (entry: Entry): readonly InterfaceAddress[] =>
  itemsOf(entry, betweenCommasOrSpaces).map((item) => readNetworked(entry, item));

/** Host bits are masked, as wg(8) and the kernel do. */
export const readAllowedIps = (entry: Entry): readonly Prefix[] =>
  itemsOf(entry, betweenCommas).map((item) => {
    const { address, length } = readNetworked(entry, item);
    return Prefix.of(address, length);
  });

/** Addresses of name servers, and search domains. */
export const readDns = (entry: Entry): readonly string[] =>
  itemsOf(entry, betweenCommasOrSpaces).map((item) => {
    const address = Address.tryParse(item.text);
    if (address) return address.toString();
    if (isHostName(item.text)) return item.text;
    throw invalidValue(entry, item, 'the address of a name server or a search domain');
  });

/** Where the peer is reached. */
export function readEndpoint(entry: Entry): Endpoint {
  const item = whole(entry);
  try {
    return parseEndpoint(item.text);
  } catch (cause) {
    if (!(cause instanceof HawserError)) throw cause;
    throw wireguardErrors.error(
      'wireguard/invalid-endpoint',
      { name: entry.name, why: cause.message, remedy: cause.fix },
      { ...item, cause },
    );
  }
}

export function readBoolean(entry: Entry): boolean {
  const item = whole(entry);
  if (/^(true|false)$/i.test(item.text)) return item.text.toLowerCase() === 'true';
  throw invalidValue(entry, item, '`true` or `false`');
}

/** `off`, `auto`, or what ip-route(8) takes as a table. */
export function readTable(entry: Entry): string {
  const item = whole(entry);
  if (/^[\w.-]+$/.test(item.text)) return item.text;
  throw invalidValue(entry, item, '`off`, `auto`, or the name or number of a routing table');
}
