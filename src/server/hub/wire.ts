import type { WebSocket } from 'ws';
import type { ToAgent } from '#api';
import { type Diagnostic, plainFinding } from '#base';
import type { Metrics } from '../metrics.ts';

/** WebSocket close codes (RFC 6455 section 7.4.1, and of our own range): going away, refused. */
const goingAway = 1001;
const refused = 4001;

export interface Refusal {
  readonly error: Diagnostic;
  /** Seconds after which the agent may return. */
  readonly again?: number;
}

type Counts = Pick<Metrics, 'messages' | 'bytes'>;

/** The two ends of a connection. */
export interface Ends {
  /** The agent's. */
  readonly address: string;
  /** The server's own. */
  readonly own: string;
}

/** A WebSocket that carries messages to an agent. */
export class Wire {
  readonly address: string;
  readonly own: string;
  readonly #socket: WebSocket;
  readonly #counts: Counts;
  #lives = true;

  constructor(socket: WebSocket, { address, own }: Ends, counts: Counts) {
    this.#socket = socket;
    const lives = (): void => {
      this.#lives = true;
    };
    // An answer may be long in coming behind a long message; agents ask and tell meanwhile.
    for (const sign of ['pong', 'ping', 'message'] as const) socket.on(sign, lives);
    this.address = address;
    this.own = own;
    this.#counts = counts;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Resolves when the message has left; a connection that is gone takes none, and nobody is told. */
  async send(message: ToAgent): Promise<void> {
    await this.sendText(message.type, JSON.stringify(message));
  }

  /** The same for a message that is text already. */
  async sendText(type: ToAgent['type'], text: string): Promise<void> {
    if (!this.isOpen) return;
    this.#counts.messages.inc({ type });
    this.#counts.bytes.inc({ type }, Buffer.byteLength(text));
    await new Promise<void>((resolve) => {
      this.#socket.send(text, () => {
        resolve();
      });
    });
  }

  async refuse({ error, again }: Refusal): Promise<void> {
    const said = { error: plainFinding(error), ...(again !== undefined && { again }) };
    await this.send({ type: 'refused', ...said });
    this.#socket.close(refused, error.code);
  }

  close(): void {
    this.#socket.close(goingAway);
  }

  /** Asks for a sign of life; ends a connection that gave none since it was asked last. */
  beat(): void {
    if (!this.#lives) this.terminate();
    this.#lives = false;
    if (this.isOpen) this.#socket.ping();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Whether the other end answers within so many milliseconds. */
  async answers(milliseconds: number): Promise<boolean> {
    if (!this.isOpen) return false;
    return new Promise((resolve) => {
      const finish = (answer: boolean): void => {
        clearTimeout(timer);
        this.#socket.off('pong', onPong);
        this.#socket.off('close', onClose);
        resolve(answer);
      };
      const onPong = (): void => {
        finish(true);
      };
      const onClose = (): void => {
        finish(false);
      };
      const timer = setTimeout(onClose, milliseconds);
      this.#socket.on('pong', onPong);
      this.#socket.on('close', onClose);
      this.#socket.ping();
    });
  }
}
