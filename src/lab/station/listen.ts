import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Echoes on TCP and UDP. Each address has sockets of its own, since an answer from a socket that is
 * bound to none leaves by whichever address the route prefers. An answer carries the address the
 * asker was seen as, then what it said.
 */
export class Listeners {
  readonly #bound = new Set<string>();
  readonly #seen = new Set<string>();

  /** Listens on what is not listened on yet. Gives the addresses that the machine does not have. */
  async listen(
    addresses: readonly string[],
    ports: { readonly tcp: readonly number[]; readonly udp: readonly number[] },
  ): Promise<readonly string[]> {
    const missing = new Set<string>();
    const open = async (key: string, address: string, bind: () => Promise<boolean>) => {
      if (this.#bound.has(key)) return;
      if (await bind()) this.#bound.add(key);
      else missing.add(address);
    };
    for (const address of addresses) {
      for (const port of ports.tcp) {
        await open(`tcp ${address} ${port}`, address, () => echoTcp(address, port));
      }
      for (const port of ports.udp) {
        await open(`udp ${address} ${port}`, address, () => this.#echoUdp(address, port));
      }
    }
    return [...missing];
  }

  /** Ids of UDP probes that arrived since it was last asked. */
  takeSeen(): readonly string[] {
    const ids = [...this.#seen];
    this.#seen.clear();
    return ids;
  }

  #echoUdp(address: string, port: number): Promise<boolean> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (message, from) => {
      this.#seen.add(message.toString());
      socket.send(`${from.address} ${message}`, from.port, from.address, () => undefined);
    });
    return new Promise((resolve) => {
      socket.on('error', () => resolve(false)); // Later: refusals of answers; the asker tells.
      socket.bind({ address, port }, () => resolve(true));
    });
  }
}

function echoTcp(address: string, port: number): Promise<boolean> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    let line = '';
    socket.on('data', (data) => {
      line += data.toString();
      if (line.endsWith('\n')) socket.end(`${socket.remoteAddress} ${line}`);
    });
  });
  return new Promise((resolve) => {
    server.on('error', () => resolve(false));
    server.listen({ host: address, port, backlog: 4096 }, () => resolve(true));
  });
}
