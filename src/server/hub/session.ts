import { randomBytes } from 'node:crypto';
import { Compile } from 'typebox/compile';
import type { RawData, WebSocket } from 'ws';
import { apiErrors, channelVersion, FromAgent, type Hello, proofText } from '#api';
import { serverErrors } from '../errors.ts';
import { isSigned } from '../identity.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { Wire } from './wire.ts';

/** Milliseconds that an agent has for its hello, on a slow network, too. */
const helloWithin = 30_000;
/** Messages a second that a healthy agent never exceeds, and how many it may have saved up. */
const rate = 20;
const burst = 200;
/** So many bytes of one message count as a message more. */
const share = 65_536;
/** A hello has no more bytes. */
const longestHello = 65_536;
/** Seconds after which an agent that says nonsense or too much may return. */
const again = 60;

const validator = Compile(FromAgent);

/** What agents say, by its name. */
const kinds: ReadonlySet<unknown> = new Set(
  FromAgent.anyOf.map(({ properties }) => properties.type.const),
);

/** `unknown`: of a kind that a newer agent may know. `malformed`: no message of the channel. */
function parse(data: RawData): FromAgent | 'unknown' | 'malformed' {
  try {
    const text = Buffer.isBuffer(data) ? data.toString() : Buffer.concat([data].flat() as Buffer[]);
    const value: unknown = JSON.parse(text.toString());
    if (validator.Check(value)) return value;
    const type = (value as { readonly type?: unknown } | null)?.type;
    return typeof type === 'string' && !kinds.has(type) ? 'unknown' : 'malformed';
  } catch {
    return 'malformed';
  }
}

const sizeOf = (data: RawData): number =>
  Array.isArray(data) ? data.reduce((sum, one) => sum + one.length, 0) : data.byteLength;

/** One WebSocket of an agent, from its challenge to its end. */
export class Session {
  readonly #hub: Hub;
  readonly #wire: Wire;
  readonly #nonce = randomBytes(32).toString('base64');
  readonly #onFailure: () => void;
  #connection: Connection | undefined;
  #queue: Promise<void> = Promise.resolve();
  #greeted = false;
  #refused = false;
  #closed = false;
  #allowance = burst;
  #last = performance.now();

  /** `onFailure`: told when somebody claims to be who he is not. */
  constructor(hub: Hub, socket: WebSocket, wire: Wire, onFailure: () => void) {
    this.#hub = hub;
    this.#wire = wire;
    this.#onFailure = onFailure;
    const timer = setTimeout(() => {
      if (!this.#greeted) this.#refuse('it said no hello in time');
    }, helloWithin);
    socket.on('message', (data) => this.#arrived(data));
    socket.on('error', () => {
      this.#wire.terminate();
    });
    socket.on('close', () => {
      clearTimeout(timer);
      this.#closed = true;
      if (this.#connection) this.#hub.gone(this.#connection);
    });
    const challenge = { type: 'challenge', version: channelVersion, nonce: this.#nonce } as const;
    void this.#wire.send(challenge);
  }

  readonly #failed = (error: unknown): void => {
    this.#hub.failed(error);
    this.#wire.terminate();
  };

  /** What comes too fast must not wait here: there might be no end of it. */
  #arrived(data: RawData): void {
    if (this.#refused) return;
    const bytes = sizeOf(data);
    if (!this.#isPatient(bytes)) this.#refuse('it sends too many messages');
    else if (!this.#greeted && bytes > longestHello) this.#refuse('it is too long for a hello');
    else this.#queue = this.#queue.then(async () => this.#heard(data)).catch(this.#failed);
  }

  async #heard(data: RawData): Promise<void> {
    const message = parse(data);
    if (message === 'unknown') return;
    if (message === 'malformed') this.#refuse('it is not a message of this channel');
    else if (message.type === 'hello') await this.#greet(message);
    else if (!this.#connection) this.#refuse('the first message is not a hello');
    else this.#hub.heard(this.#connection, message);
  }

  async #greet(hello: Hello): Promise<void> {
    if (this.#greeted) {
      this.#refuse('it says hello twice');
      return;
    }
    this.#greeted = true;
    const text = proofText(this.#hub.network.name, hello.machine, this.#nonce);
    if (!isSigned(hello.identity, text, hello.signature)) {
      this.#onFailure();
      const { machine } = hello;
      this.#refused = true;
      await this.#wire.refuse({
        error: serverErrors.error('server/not-proven', { machine }),
        again,
      });
      return;
    }
    this.#connection = await this.#hub.admit(hello, this.#wire);
    // It may have ended while it was let in: then nobody will say so any more.
    if (this.#connection && this.#closed) this.#hub.gone(this.#connection);
  }

  #isPatient(bytes: number): boolean {
    const now = performance.now();
    this.#allowance = Math.min(burst, this.#allowance + ((now - this.#last) / 1000) * rate);
    this.#last = now;
    this.#allowance -= 1 + bytes / share;
    return this.#allowance >= 0;
  }

  #refuse(why: string): void {
    this.#refused = true;
    void this.#wire.refuse({ error: apiErrors.error('api/invalid-request', { why }), again });
  }
}
