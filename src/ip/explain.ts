import type { HawserError } from '#base';
import { ipErrors } from './errors.ts';
import { readV4 } from './v4.ts';

/**
 * Why a text is no address. The readers only say that it is none, fast; this is asked afterwards,
 * and always answers.
 */

/** Enough of a text to recognise it in a message. */
export const shown = (text: string): string =>
  text.length > 80 ? `${text.slice(0, 77)}...` : text;

type Code = keyof typeof ipErrors.entries;

/** The error for an address text that the readers refused. */
export function explainAddress(text: string): HawserError {
  if (text === '') return ipErrors.error('ip/empty', {}, { text });
  return explainWrapping(text) ?? (text.includes(':') ? explainV6(text) : explainV4(text, text));
}

/** What is around the address: white space, a zone, brackets, a port, a length. */
function explainWrapping(text: string): HawserError | undefined {
  const args = { text: shown(text) };
  if (/\s/.test(text)) return ipErrors.error('ip/white-space', args, { text });
  if (text.includes('/')) return ipErrors.error('ip/prefix-for-address', args, { text });
  const [address = '', zone] = text.split('%', 2);
  if (zone !== undefined) {
    return ipErrors.error('ip/zone', { ...args, address: shown(address), zone }, { text });
  }
  if (/^\[.*\]/.test(text)) return ipErrors.error('ip/brackets', args, { text });
  const port = /^([\d.]+):\d*$/.exec(text)?.[1];
  if (port?.includes('.')) return ipErrors.error('ip/port', { ...args, address: port }, { text });
  return undefined;
}

/** `quad` is the part of `text` that should be an IPv4 address. */
function explainV4(text: string, quad: string): HawserError {
  const octets = quad.split('.');
  const args = { text: shown(text) };
  if (!octets.every((octet) => /^(\d*|0x[\da-f]+)$/i.test(octet)) || quad === '.') {
    return ipErrors.error('ip/not-an-address', args, { text });
  }
  for (const [index, octet] of octets.entries()) {
    const code = wrongOctet(octet);
    if (!code) continue;
    const position = index + 1;
    const decimal = code === 'ip/empty-octet' ? 0 : Number(octet);
    return ipErrors.error(code, { ...args, position, octet: shown(octet), decimal }, { text });
  }
  return explainOctetCount(text, octets);
}

type OctetCode = Extract<Code, 'ip/empty-octet' | 'ip/hexadecimal-octet' | 'ip/leading-zero'>;

function wrongOctet(octet: string): OctetCode | undefined {
  if (octet === '') return 'ip/empty-octet';
  if (/^0x/i.test(octet)) return 'ip/hexadecimal-octet';
  if (octet.length > 1 && octet.startsWith('0')) return 'ip/leading-zero';
  return undefined;
}

function explainOctetCount(text: string, octets: readonly string[]): HawserError {
  const args = { text: shown(text), count: octets.length };
  if (octets.length < 4) return ipErrors.error('ip/too-few-octets', args, { text });
  if (octets.length > 4) return ipErrors.error('ip/too-many-octets', args, { text });
  const index = octets.findIndex((octet) => Number(octet) > 255);
  const octet = shown(octets[index] ?? '');
  return ipErrors.error('ip/out-of-range', { ...args, position: index + 1, octet }, { text });
}

function explainV6(text: string): HawserError {
  const args = { text: shown(text) };
  if (!/:.*:/.test(text)) return ipErrors.error('ip/not-an-address', args, { text });
  if (/[^\da-f:.]/i.test(text)) return explainGroups(text);
  if (/:::|^:(?!:)|(?<!:):$/.test(text)) {
    return ipErrors.error('ip/stray-colon', args, { text });
  }
  if (text.split('::').length > 2) {
    return ipErrors.error('ip/double-compression', args, { text });
  }
  return explainGroups(text);
}

/** Compression is sound, or the text is foreign altogether: look at the groups one by one. */
function explainGroups(text: string): HawserError {
  const groups = text.split(/::?/).filter((group) => group !== '');
  const last = text.endsWith(':') ? -1 : groups.length - 1;
  for (const [index, group] of groups.entries()) {
    const error = explainGroup(text, group, index + 1, index === last);
    if (error) return error;
  }
  const count = groups.length + (groups.at(-1)?.includes('.') ? 1 : 0);
  const args = { text: shown(text), count };
  if (count > 8) return ipErrors.error('ip/too-many-groups', args, { text });
  if (text.includes('::')) return ipErrors.error('ip/needless-compression', args, { text });
  return ipErrors.error('ip/too-few-groups', args, { text });
}

function explainGroup(
  text: string,
  group: string,
  position: number,
  isLast: boolean,
): HawserError | undefined {
  const args = { text: shown(text), position, group: shown(group) };
  if (group.includes('.')) {
    if (!isLast) {
      return ipErrors.error('ip/misplaced-ipv4', { ...args, embedded: shown(group) }, { text });
    }
    return readV4(group, 0, group.length) < 0 ? explainV4(text, group) : undefined;
  }
  if (!/^[\da-f]*$/i.test(group)) return ipErrors.error('ip/not-a-group', args, { text });
  if (group.length > 4) return ipErrors.error('ip/group-too-long', args, { text });
  return undefined;
}
