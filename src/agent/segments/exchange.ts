import { connect, createServer, type Server, type Socket } from 'node:net';
import { Lines } from './lines.ts';
import type { Log, Part } from './log.ts';
import { laterMessages, type Message } from './messages.ts';

/** ms until another gateway is called again; doubles up to `most`. */
const gaps = { least: 200, most: 5_000 } as const;

/** ms for which another gateway may be away, and be back, before anybody is told. */
const patience = 15_000;

/** ms to wait for more news: one message tells of many. */
const settle = 2;

/** IPv4 addresses of a socket that listens on both families. */
const plain = (address = ''): string => address.replace(/^::ffff:/, '');

export interface Heard {
  /** Another gateway says a part of what is on its port. */
  part(at: string, part: Part): void;
  /** It asks for machines that nobody knows. */
  asked(at: string, segment: string, addresses: readonly string[]): void;
  /** It sees a machine with addresses that are ours. */
  claimed(at: string, segment: string, of: readonly string[], mac: string | undefined): void;
  /** What we claimed is there still. */
  kept(at: string, segment: string, of: readonly string[]): void;
  /** Up to which numbers its tables are known here. */
  known(at: string): Readonly<Record<string, [id: string, seq: number]>>;
  /** Tables that it is to know. */
  logsFor(at: string): readonly Log[];
}

/** The call to another gateway, by which it hears what we know. */
class Call {
  readonly #at: string;
  readonly #heard: Heard;
  readonly #open: () => Socket;
  #lines: Lines | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gap: number = gaps.least;
  #stopped = false;
  /** What it was told, by segment; undefined until it said what it has. */
  #told: Map<string, [id: string | undefined, seq: number]> | undefined;
  /** Messages that it understands, of those that not all do. */
  #hears: ReadonlySet<string> = new Set();

  constructor(at: string, heard: Heard, open: () => Socket) {
    this.#at = at;
    this.#heard = heard;
    this.#open = open;
    this.#dial();
  }

  #dial(): void {
    const socket = this.#open();
    this.#socket = socket;
    this.#lines = new Lines(socket, (message) => this.#hear(message));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#told = undefined;
      this.#timer = this.#stopped ? undefined : setTimeout(() => this.#dial(), this.#gap);
      this.#gap = Math.min(2 * this.#gap, gaps.most);
    });
  }

  #hear(message: Message): void {
    if (message.type !== 'have') return;
    this.#gap = gaps.least;
    this.#told = new Map(Object.entries(message.tables));
    this.#hears = new Set(message.hears);
    this.flush();
  }

  /** Whether the other one has answered it. */
  get isHeard(): boolean {
    return this.#told !== undefined;
  }

  /** Tells what is new. */
  flush(): void {
    const told = this.#told;
    if (!told) return;
    for (const log of this.#heard.logsFor(this.#at)) {
      const [id, seq] = told.get(log.segment) ?? [undefined, 0];
      for (const part of log.since(id, seq)) this.#lines?.send({ type: 'part', ...copyOf(part) });
      told.set(log.segment, [log.id, log.seq]);
    }
  }

  say(message: Message): void {
    const isLater = laterMessages.some((type) => type === message.type);
    if (this.#told && (!isLater || this.#hears.has(message.type))) this.#lines?.send(message);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }
}

const copyOf = ({ put, del, ...rest }: Part) => ({
  ...rest,
  put: put.map(([of, mac, version]): [string, string, number] => [of, mac, version]),
  del: [...del],
});

/**
 * What the gateways of one network tell each other of their segments, directly and through the tunnels: each
 * calls all others, and says on its own calls what is on its own port. Who calls is known by its address,
 * which the tunnel vouches for.
 */
export class Exchange {
  readonly #local: string;
  readonly #port: number;
  readonly #heard: Heard;
  readonly #calls = new Map<string, Call>();
  readonly #callers = new Map<string, Socket>();
  /** Since when there is no call with another gateway in one of both directions, ms of a steady clock. */
  readonly #awaySince = new Map<string, number>();
  #server: Server | undefined;
  #again: NodeJS.Timeout | undefined;
  #flushing: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(local: string, port: number, heard: Heard) {
    this.#local = local;
    this.#port = port;
    this.#heard = heard;
    this.#listen();
  }

  isAt(local: string, port: number): boolean {
    return this.#local === local && this.#port === port;
  }

  /** The address may come later than we. */
  #listen(): void {
    if (this.#stopped) return;
    const server = createServer((socket) => this.#answer(socket));
    this.#server = server;
    server.once('error', () => {
      this.#again = setTimeout(() => this.#listen(), gaps.most / 5);
    });
    server.listen(this.#port, this.#local);
  }

  #answer(socket: Socket): void {
    const at = plain(socket.remoteAddress);
    socket.on('error', () => socket.destroy());
    if (!this.#calls.has(at)) return void socket.destroy();
    this.#callers.get(at)?.destroy();
    this.#callers.set(at, socket);
    socket.once('close', () => {
      if (this.#callers.get(at) === socket) this.#callers.delete(at);
    });
    const lines = new Lines(socket, (message) => this.#hear(at, message, socket));
    lines.send({ type: 'have', tables: this.#heard.known(at), hears: [...laterMessages] });
  }

  #hear(at: string, message: Message, socket: Socket): void {
    if (this.#callers.get(at) !== socket) return;
    if (message.type === 'part') this.#heard.part(at, message);
    if (message.type === 'ask') this.#heard.asked(at, message.segment, message.addresses);
    if (message.type === 'claim') {
      this.#heard.claimed(at, message.segment, message.of, message.mac);
    }
    if (message.type === 'kept') this.#heard.kept(at, message.segment, message.of);
  }

  /** What it says does not follow from what it said: it calls anew, and hears where we are. */
  hangUp(at: string): void {
    this.#callers.get(at)?.destroy();
  }

  /** These are the other gateways now. */
  follow(peers: ReadonlySet<string>): void {
    for (const [at, call] of this.#calls) {
      if (peers.has(at)) continue;
      call.stop();
      this.#calls.delete(at);
      this.#awaySince.delete(at);
      this.#callers.get(at)?.destroy();
    }
    for (const at of peers) {
      if (!this.#calls.has(at))
        this.#calls.set(at, new Call(at, this.#heard, () => this.#open(at)));
    }
  }

  #open(host: string): Socket {
    return connect({ host, port: this.#port, localAddress: this.#local });
  }

  /** Those with whom a call in one of both directions was missing in all looks, this one too, for a while. */
  away(now: number): ReadonlySet<string> {
    for (const [at, call] of this.#calls) {
      if (call.isHeard && this.#callers.has(at)) this.#awaySince.delete(at);
      else if (!this.#awaySince.has(at)) this.#awaySince.set(at, now);
    }
    const long = [...this.#awaySince].filter(([, since]) => now - since >= patience);
    return new Set(long.map(([at]) => at));
  }

  /** Tells the others what is new, in a moment. */
  flush(): void {
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      for (const call of this.#calls.values()) call.flush();
    }, settle);
  }

  /** Says something to one of them, unless it is away. */
  say(at: string, message: Message): void {
    this.#calls.get(at)?.say(message);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#again);
    clearTimeout(this.#flushing);
    for (const call of this.#calls.values()) call.stop();
    for (const socket of this.#callers.values()) socket.destroy();
    this.#server?.close();
  }
}
