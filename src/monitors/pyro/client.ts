import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { inflateSync } from 'node:zlib';
import { HawserError } from '#base';
import { monitorErrors } from '../errors.ts';
import { encodeFrame, type Frame, FrameReader, flag, types } from './frame.ts';
import { parsePythonJson } from './json.ts';
import { text as said } from './said.ts';
import type { PyroUri } from './uri.ts';

/** Bytes that a compressed answer may become. */
const longest = 8 * 2 ** 20;

/** Messages that are kept though nobody has asked for them yet: one may come early, more would be as many as it likes. */
const mostEarly = 1;

/** What a server says whose threads are all taken (Pyro5, svr_threads.py). */
const noWorkers = 'no free workers';

/** An object of another process, over a connection of its own. Nothing that it says is ever executed. */
export class PyroObject {
  readonly #what: string;
  readonly #name: string;
  readonly #socket: Socket;
  readonly #seconds: number;
  readonly #reader = new FrameReader();
  readonly #waiting: Frame[] = [];
  /** Of those that were asked for, how many have not come yet. */
  #due = 0;
  #seq = 0;
  #failure: string | undefined;
  #wake: () => void = () => undefined;
  readonly #deadline: AbortSignal;

  private constructor(
    what: string,
    name: string,
    socket: Socket,
    seconds: number,
    deadline: AbortSignal,
  ) {
    this.#what = what;
    this.#name = name;
    this.#socket = socket;
    this.#seconds = seconds;
    this.#deadline = deadline;
    this.#listen();
  }

  /**
   * Connects within so many seconds, which also everything has to be done in that is asked then.
   * @throws monitors/unreachable, monitors/busy, monitors/garbled, monitors/refused
   */
  static async open(what: string, uri: PyroUri, seconds: number): Promise<PyroObject> {
    const deadline = AbortSignal.timeout(seconds * 1000);
    const socket = connect({ host: uri.host, port: uri.port });
    try {
      await once(socket, 'connect', { signal: deadline });
    } catch (error) {
      socket.destroy();
      const why = deadline.aborted ? `no answer within ${seconds} s` : messageOf(error);
      throw monitorErrors.error('monitors/unreachable', { what, why });
    }
    const object = new PyroObject(what, uri.object, socket, seconds, deadline);
    try {
      const { type, payload } = await object.#ask(types.connect, {
        handshake: 'hello',
        object: uri.object,
      });
      if (type === types.connectFail) throw object.#notGreeted(payload.toString());
      if (type !== types.connectOk) throw object.#garbled(`message ${type} for a greeting`);
    } catch (error) {
      object.close();
      throw error;
    }
    return object;
  }

  /** The answer of a method. @throws as `open` */
  async call(
    method: string,
    params: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
  ): Promise<unknown> {
    const message = { object: this.#name, method, params, kwargs };
    const frame = await this.#ask(types.invoke, message);
    if (frame.type !== types.result) throw this.#garbled(`message ${frame.type} for an answer`);
    const compressed = (frame.flags & flag.compressed) !== 0;
    const answer = this.#parse(compressed ? this.#inflate(frame.payload) : frame.payload);
    if ((frame.flags & flag.exception) !== 0) throw this.#refused(answer);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(type: number, message: unknown): Promise<Frame> {
    const seq = (this.#seq = (this.#seq + 1) % 65_536);
    const payload = Buffer.from(JSON.stringify(message));
    this.#due += 1;
    this.#socket.write(encodeFrame({ type, flags: 0, seq, payload }));
    const frame = await this.#next();
    if (frame.seq !== seq) throw this.#garbled(`an answer to ${frame.seq}, not to ${seq}`);
    return frame;
  }

  async #next(): Promise<Frame> {
    for (;;) {
      const frame = this.#waiting.shift();
      if (frame) return frame;
      if (this.#failure !== undefined) throw this.#garbled(this.#failure);
      if (this.#deadline.aborted) {
        throw this.#busy(`did not answer within ${this.#seconds} s`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  #listen(): void {
    this.#deadline.addEventListener('abort', () => this.#wake());
    this.#socket.on('data', (bytes: Buffer) => {
      try {
        this.#take(this.#reader.push(bytes));
      } catch (error) {
        this.#end(messageOf(error));
      }
      this.#wake();
    });
    this.#socket.on('error', (error) => this.#end(messageOf(error)));
    this.#socket.on('close', () => this.#end('it ended the connection in the middle of an answer'));
  }

  /** @throws RangeError where they are more than was asked for */
  #take(frames: readonly Frame[]): void {
    this.#due -= frames.length;
    if (this.#due < -mostEarly) {
      this.#waiting.length = 0;
      throw new RangeError('messages that nobody asked for');
    }
    this.#waiting.push(...frames);
  }

  /** The first reason is the one that is told. */
  #end(why: string): void {
    this.#failure ??= why;
    this.#socket.destroy();
    this.#wake();
  }

  #inflate(payload: Buffer): Buffer {
    try {
      return inflateSync(payload, { maxOutputLength: longest });
    } catch (error) {
      throw this.#garbled(messageOf(error));
    }
  }

  #parse(payload: Buffer): unknown {
    try {
      return parsePythonJson(payload.toString());
    } catch {
      throw this.#garbled('what should be JSON');
    }
  }

  #garbled(why: string): HawserError {
    return monitorErrors.error('monitors/garbled', { what: this.#what, protocol: 'Pyro5', why });
  }

  #busy(why: string): HawserError {
    return monitorErrors.error('monitors/busy', { what: this.#what, why });
  }

  /** A text in the serializer of the server's choice, of which only what is text is read. */
  #notGreeted(answer: string): HawserError {
    if (answer.includes(noWorkers)) return this.#busy(`has ${noWorkers}`);
    return this.#refused(answer.startsWith('"') ? this.#parse(Buffer.from(answer)) : answer);
  }

  /** An exception as Pyro writes it: `{__class__, __exception__, args}`. */
  #refused(answer: unknown): HawserError {
    return monitorErrors.error('monitors/refused', { what: this.#what, why: exceptionOf(answer) });
  }
}

const messageOf = (error: unknown): string =>
  error instanceof AggregateError || !(error instanceof Error)
    ? String((error as { code?: unknown }).code ?? error)
    : error.message;

/** Letters of what another process says of itself that are told. */
const told = 300;

function exceptionOf(answer: unknown): string {
  const { __class__: name, args } = (answer ?? {}) as { __class__?: unknown; args?: unknown };
  const first: unknown = Array.isArray(args) ? args[0] : answer;
  return `${typeof name === 'string' ? `${name}: ` : ''}${said(first)}`.slice(0, told);
}

const refusedBy = (error: unknown, exception: string): boolean =>
  error instanceof HawserError &&
  error.code === 'monitors/refused' &&
  error.message.includes(exception);

/** Whether the other side has no such method, as older versions have not. */
export const hasNoMethod = (error: unknown): boolean => refusedBy(error, 'AttributeError');

/** Whether it has an answer that cannot be said in JSON; it ends the connection then (Pyro5, server.py). */
export const cannotSay = (error: unknown): boolean =>
  refusedBy(error, 'Pyro5.errors.SerializeError');
