/**
 * What a test has looked at on one machine: started there with Node alone. Listens on the ports of
 * the model; reads a question per line, answers each with a line.
 */
import { execFile } from 'node:child_process';
import { request } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';

export type Question =
  | { readonly do: 'reach'; readonly flows: readonly Target[]; readonly ms: number }
  | { readonly do: 'look'; readonly device: string; readonly table: string }
  | { readonly do: 'accepted' }
  | { readonly do: 'get'; readonly path: string; readonly token: string };

export interface Target {
  readonly address: string;
  readonly port: number;
}

/** A tunnel's device and the counters of its table, as the kernel has them. */
export interface Seen {
  /** Undefined: there is no such device. */
  readonly index?: number;
  /** Packets by the counter's name. */
  readonly counters: Readonly<Record<string, number>>;
  /** Bytes received and sent, by the peer's key. */
  readonly transfer: Readonly<Record<string, readonly [number, number]>>;
}

/** Both ends of a connection, as one of its machines sees them. */
export interface Connection {
  /** ms since 1970. */
  readonly at: number;
  /** `address:port`. */
  readonly local: string;
  readonly remote: string;
  /** The name of the machine that answered, once it said so. */
  readonly by?: string;
}

const ends = (socket: Socket): Connection => ({
  at: Date.now(),
  local: `${socket.localAddress}:${socket.localPort}`,
  remote: `${socket.remoteAddress}:${socket.remotePort}`,
});

/** The connection that there was within so many ms, and who answered by it; null: none. */
const reaches = ({ address, port }: Target, ms: number): Promise<Connection | null> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let made: Connection | null = null;
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(made);
    };
    const timer = setTimeout(finish, ms);
    socket.on('connect', () => {
      // Linux may wake us with an error before SO_ERROR tells which, when a filter refuses by ICMP: Node takes
      // that for a connection. Such a socket has no other end.
      if (socket.remoteAddress !== undefined) made = ends(socket);
    });
    socket.on('data', (name: Buffer) => {
      if (made) made = { ...made, by: String(name) };
      finish();
    });
    socket.on('error', finish);
  });

/** Who connected to this machine, the last of them. */
const accepted: Connection[] = [];
const mostAccepted = 50;

function accept(socket: Socket): void {
  accepted.push(ends(socket));
  if (accepted.length > mostAccepted) accepted.shift();
  socket.on('error', () => undefined).end(hostname());
}

/** What a program prints; nothing where it fails. */
const said = (program: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(program, args, (error, stdout) => resolve(error ? '' : stdout));
  });

async function look(device: string, table: string): Promise<Seen> {
  const [links, counters, transfers] = await Promise.all([
    said('ip', '-j', 'link', 'show', 'dev', device),
    said('nft', '-j', 'list', 'counters', 'table', 'inet', table),
    said('wg', 'show', device, 'transfer'),
  ]);
  const [link] = links === '' ? [] : (JSON.parse(links) as { readonly ifindex: number }[]);
  const listed = counters === '' ? { nftables: [] } : (JSON.parse(counters) as Listed);
  const lines = transfers.trim().split('\n').filter(Boolean);
  return {
    ...(link && { index: link.ifindex }),
    counters: Object.fromEntries(
      listed.nftables.flatMap(({ counter }) =>
        counter ? [[counter.name, counter.packets] as const] : [],
      ),
    ),
    transfer: Object.fromEntries(
      lines.map((line) => {
        const [key = '', received, sent] = line.split('\t');
        return [key, [Number(received), Number(sent)]];
      }),
    ),
  };
}

interface Listed {
  readonly nftables: readonly {
    readonly counter?: { readonly name: string; readonly packets: number };
  }[];
}

/** Asks the server on this machine; undefined where none answers. */
const get = (path: string, token: string): Promise<unknown> =>
  new Promise((resolve) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: 7443,
        path,
        headers: { authorization: `Bearer ${token}` },
        rejectUnauthorized: false,
        timeout: 5000,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve(answer.statusCode === 200 ? JSON.parse(text) : undefined));
      },
    );
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(undefined));
    asked.end();
  });

function answerTo(question: Question): Promise<unknown> {
  switch (question.do) {
    case 'reach':
      return Promise.all(question.flows.map((flow) => reaches(flow, question.ms)));
    case 'look':
      return look(question.device, question.table);
    case 'accepted':
      return Promise.resolve(accepted);
    default:
      return get(question.path, question.token);
  }
}

if (import.meta.main) {
  for (const port of process.argv.slice(2).map(Number)) {
    createServer(accept).listen(port, '0.0.0.0');
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await answerTo(JSON.parse(line) as Question);
    process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
  }
  process.exit();
}
