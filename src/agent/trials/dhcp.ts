import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { Question, Tried } from '#api';
import { datagramsAt, enterSpace } from '../sockets.ts';
import { outcomeOf } from './outcome.ts';

type Dhcp = Extract<Question, { readonly kind: 'dhcp' }>;

const ports = { client: 68, server: 67 } as const;

/** What a message begins with: a question of Ethernet, whose addresses have six bytes (RFC 2131, 2). */
const head = [1, 1, 6, 0] as const;
const at = { number: 4, own: 12, mac: 28, cookie: 236, options: 240 } as const;
const cookie = 0x63_82_53_63;

/** The option that says what a message is, two of these, and the end of options (RFC 2132, 3.2 and 9.6). */
const [kind, acknowledges, informs, end] = [53, 5, 8, 255] as const;

/**
 * Asks a DHCP server for its options, as who has an address already may (DHCPINFORM: RFC 2131, 3.4): it gives none away for that, and
 * remembers nothing.
 */
export async function informing(
  { space, server, address, mac }: Dhcp,
  within: number,
): Promise<Pick<Tried, 'outcome' | 'error'>> {
  try {
    const socket = await datagramsAt(enterSpace(space), { host: address, port: ports.client });
    try {
      const number = randomBytes(4);
      const heard = answered(socket, number, within);
      socket.send(questionOf(number, address, mac), ports.server, server);
      return { outcome: (await heard) ? 'answered' : 'silent' };
    } finally {
      socket.close();
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { outcome: outcomeOf(code), error: code || message };
  }
}

function questionOf(number: Buffer, address: string, mac: string): Buffer {
  const message = Buffer.alloc(at.options);
  message.set(head);
  message.set(number, at.number);
  message.set(address.split('.').map(Number), at.own);
  message.write(mac.replaceAll(':', ''), at.mac, 'hex');
  message.writeUInt32BE(cookie, at.cookie);
  return Buffer.concat([message, Buffer.from([kind, 1, informs, end])]);
}

/** Whether the server says what was asked for, within ms. Rejects where the socket does. */
function answered(socket: Socket, number: Buffer, within: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), within);
  socket.on('error', reject).on('message', (message) => {
    const isOurs = message.subarray(at.number, at.number + number.length).equals(number);
    if (isOurs && kindOf(message) === acknowledges) resolve(true);
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Options follow each other, with their lengths; of padding (0) there is one byte. */
function kindOf(message: Buffer): number | undefined {
  for (let i: number = at.options; i + 2 < message.length; ) {
    const [option = end, length = 0] = [message[i], message[i + 1]];
    if (option === kind) return message[i + 2];
    i += option === 0 ? 1 : length + 2;
  }
  return undefined;
}
