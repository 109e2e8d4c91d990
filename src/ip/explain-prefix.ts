import type { HawserError } from '#base';
import { Address } from './address.ts';
import { ipErrors } from './errors.ts';
import { explainAddress, shown } from './explain.ts';
import { bitsOf } from './family.ts';
import { hostBits } from './length.ts';

/** Why a text is no prefix; asked once the reader has refused it, and always answers. */
export function explainPrefix(text: string): HawserError {
  const slash = text.indexOf('/');
  if (/\s/.test(text)) return ipErrors.error('ip/white-space', { text: shown(text) }, { text });
  const address = Address.tryParse(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return explainAddress(slash < 0 ? text : text.slice(0, slash));
  if (slash < 0) {
    const single = `${address}/${bitsOf(address.family)}`;
    return ipErrors.error('ip/length-missing', { text: shown(text), single }, { text });
  }
  return (
    explainLength(text, text.slice(slash + 1), address) ??
    explainHostBits(text, address, Number(text.slice(slash + 1)))
  );
}

function explainLength(text: string, length: string, address: Address): HawserError | undefined {
  const most = bitsOf(address.family);
  const args = { text: shown(text), length: shown(length), most };
  if (length.includes('.') && Address.tryParse(length)) {
    return ipErrors.error('ip/netmask', args, { text });
  }
  if (!/^\d+$/.test(length)) return ipErrors.error('ip/length-not-a-number', args, { text });
  if (length.length > 1 && length.startsWith('0')) {
    const plain = length.replace(/^0+(?=\d)/, '');
    return ipErrors.error('ip/length-leading-zero', { ...args, plain }, { text });
  }
  if (Number(length) <= most) return undefined;
  const { family } = address;
  return ipErrors.error('ip/length-out-of-range', { ...args, family }, { text });
}

function explainHostBits(text: string, address: Address, length: number): HawserError {
  const { family, value } = address;
  const network =
    typeof value === 'bigint' ? value & ~hostBits(6, length) : (value & ~hostBits(4, length)) >>> 0;
  const corrected = `${Address.of(family, network)}/${length}`;
  const single = `${address}/${bitsOf(family)}`;
  return ipErrors.error('ip/host-bits', { text: shown(text), length, corrected, single }, { text });
}
