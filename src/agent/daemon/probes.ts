import { randomBytes } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ProbeSample } from '#api';
import { canonicalJson } from '#base';
import type { HostState, Probes as Wanted } from '#state';
import { datagramsAt, type Enter, enterOf, spaceOf } from '../sockets.ts';
import { Answers } from './answers.ts';
import { answerTo, askOf, readProbe } from './probe-message.ts';

/** ms. What falls silent is known after three, and what the last of them may take: within 4 s. */
export interface ProbeTimings {
  readonly every: number;
  /** After which one without an answer is lost. */
  readonly lost: number;
  /** Every so many probes one more goes out that is as large as packets may be. */
  readonly largeEvery: number;
  /** Until the address is tried again that is not there yet. */
  readonly again: number;
}
const usual: ProbeTimings = { every: 800, lost: 1_200, largeEvery: 10, again: 1_000 };

/** Bytes of the headers of IP and UDP. */
const headers = (address: string): number => (isIPv6(address) ? 48 : 28);

interface Peer {
  readonly address: string;
  readonly mtu: number;
  readonly answers: Answers;
  level: string;
}

/** Asks peers whether packets come back, and answers those who ask; told of what becomes another than before. */
export class Probes {
  readonly #changed: () => void;
  readonly #timings: ProbeTimings;
  /** By which answers to this process are known. */
  readonly #asker = randomBytes(8);
  #wanted: Wanted | undefined;
  #enter: Enter = [];
  #peers: ReadonlyMap<string, Peer> = new Map();
  #socket: Socket | undefined;
  #opening: symbol | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #number = 0;
  #rounds = 0;

  constructor(changed: () => void, timings = usual) {
    this.#changed = changed;
    this.#timings = timings;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    const { probes } = state;
    const enter = enterOf(state);
    const isElsewhere = String(enter) !== String(this.#enter);
    if (!isElsewhere && canonicalJson({ ...probes }) === canonicalJson({ ...this.#wanted })) return;
    const before = this.#wanted;
    this.#wanted = probes;
    this.#enter = enter;
    this.#peers = new Map(
      Object.entries(probes?.peers ?? {}).map(([name, { address, mtu }]) => {
        const known = this.#peers.get(name);
        const isSame = known?.address === address && known.mtu === mtu;
        return [
          name,
          isSame ? known : { address, mtu, answers: new Answers(this.#timings.lost), level: '' },
        ];
      }),
    );
    const isSame = before?.address === probes?.address && before?.port === probes?.port;
    if (isSame && !isElsewhere) return;
    this.stop();
    if (probes) void this.#open(probes);
  }

  /** What came of it with one peer. */
  of(peer: string): ProbeSample | undefined {
    const known = this.#peers.get(peer);
    return known?.answers.sample(performance.now(), known.mtu);
  }

  /** What of that is told at once when it changes. */
  levelOf(peer: string): string {
    return this.#peers.get(peer)?.level ?? '';
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#socket = undefined;
    this.#opening = undefined;
  }

  /** The address may come later than we, and the namespace in which it is. */
  async #open(wanted: Wanted): Promise<void> {
    const opening = Symbol('opening');
    this.#opening = opening;
    const enter = this.#enter;
    const space = spaceOf(enter);
    const { address: host, port } = wanted;
    const socket =
      space === undefined
        ? undefined
        : await datagramsAt(enter, { host, port }).catch(() => undefined);
    if (this.#opening !== opening) {
      socket?.close();
      return;
    }
    if (!socket) {
      this.#openAgain(wanted);
      return;
    }
    this.#socket = socket;
    socket.once('error', () => {
      if (this.#socket === socket) this.#openAgain(wanted);
    });
    socket.on('message', (data, from) => this.#hear(socket, data, from));
    this.#timer = setInterval(() => {
      if (spaceOf(enter) === space) this.#round(socket, port);
      else this.#openAgain(wanted);
    }, this.#timings.every);
  }

  #openAgain(wanted: Wanted): void {
    this.stop();
    this.#retry = setTimeout(() => void this.#open(wanted), this.#timings.again);
  }

  #hear(socket: Socket, data: Buffer, from: RemoteInfo): void {
    const message = readProbe(data);
    if (!message || this.#socket !== socket) return;
    if (message.kind === 'ask') {
      if (from.port === this.#wanted?.port) send(socket, answerTo(data), from.port, from.address);
      return;
    }
    if (!message.asker.equals(this.#asker)) return;
    const now = performance.now();
    for (const { address, answers } of this.#peers.values()) {
      if (address === from.address) answers.heard(message.number, now);
    }
  }

  #round(socket: Socket, port: number): void {
    let isOther = false;
    for (const peer of this.#peers.values()) {
      this.#ask(socket, port, peer, 'small');
      const level = peer.answers.level(performance.now());
      isOther ||= level !== peer.level;
      peer.level = level;
    }
    if (isOther) this.#changed();
    if (++this.#rounds % this.#timings.largeEvery > 0) return;
    for (const peer of this.#peers.values()) this.#ask(socket, port, peer, 'large');
  }

  #ask(
    socket: Socket,
    port: number,
    { address, mtu, answers }: Peer,
    size: 'small' | 'large',
  ): void {
    this.#number = (this.#number + 1) >>> 0;
    answers.asked(this.#number, performance.now(), size);
    const bytes = size === 'large' ? mtu - headers(address) : 0;
    send(socket, askOf(this.#number, this.#asker, bytes), port, address);
  }
}

/** What cannot be sent does not arrive, which is all that anybody wants to know. */
const send = (socket: Socket, data: Buffer, port: number, address: string): void =>
  socket.send(data, port, address, () => undefined);
