import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { agentHome, freshRun, layOver } from '../mounts.ts';
import { inParallel, must, run } from '../run.ts';
import { Listeners } from './listen.ts';
import { probe } from './probe.ts';
import type { Answer, Request } from './protocol.ts';

export interface StationOptions {
  readonly name: string;
  readonly labDir: string;
  /** The machine's own /var/lib/hawser. */
  readonly home: string;
  /** Path of the Unix socket it is asked by. */
  readonly socket: string;
}

/**
 * The process that stands for one machine of a lab: it holds the machine's mount and host name
 * namespaces, runs what is to run there, listens and probes. Started in them; ends with the lab.
 */
export async function serveStation(options: StationOptions): Promise<void> {
  await freshRun([], options.labDir);
  await layOver([], options.home, agentHome);
  await must(['hostname', options.name]);
  process.title = `hawser lab: ${options.name}`;
  const listeners = new Listeners();
  createServer((socket) => serve(socket, listeners)).listen(options.socket);
}

/** One request, one answer; an asker that went away is not missed. */
function serve(socket: Socket, listeners: Listeners): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: string) => {
    text += part;
    if (!text.endsWith('\n')) return;
    void handle(JSON.parse(text) as Request, listeners).then((answer) =>
      socket.end(`${JSON.stringify(answer)}\n`),
    );
  });
}

const probesAtOnce = 24;

async function handle(request: Request, listeners: Listeners): Promise<Answer<Request['do']>> {
  switch (request.do) {
    case 'listen':
      return { missing: await listeners.listen(request.addresses, request) };
    case 'probe':
      return inParallel(request.probes, probesAtOnce, (p) => probe(p, request.timeoutMs));
    case 'poke':
      await Promise.all(request.addresses.map(poke));
      return null;
    case 'seen':
      return listeners.takeSeen();
    case 'pid':
      return { pid: process.pid };
    case 'run':
      return run(request.argv, { input: request.input ?? '' });
  }
}

/** A datagram to the discard port (RFC 863): what it says is lost, the tunnel it takes comes up. */
function poke(address: string): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    socket.on('error', () => resolve());
    socket.send('', 9, address, () => socket.close(() => resolve()));
  });
}
