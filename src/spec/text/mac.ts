import { errors } from '../errors.ts';

const form = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/**
 * The MAC address of one machine, in lower case. IEEE 802-2014, 8.2.2: the lowest bit of the first octet
 * says that it is for a group.
 * @throws spec/bad-mac, spec/multicast-mac
 */
export function parseMac(text: string): string {
  const mac = text.toLowerCase();
  if (!form.test(mac) || mac === '00:00:00:00:00:00') {
    throw errors.error('spec/bad-mac', { text }, { text });
  }
  if (Number.parseInt(mac.slice(0, 2), 16) & 1) {
    throw errors.error('spec/multicast-mac', { text }, { text });
  }
  return mac;
}
