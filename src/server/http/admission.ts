import type { Socket } from 'node:net';
import type { Server } from 'node:tls';

interface Pace {
  /** Handshakes that are begun in one turn of the event loop: each is about a millisecond of work. */
  readonly perTurn: number;
  /** ms: who has waited so long is about to give up. Agents wait 5 s. */
  readonly patience: number;
}

const defaultPace: Pace = { perTurn: 8, patience: 4_000 };

/**
 * Agents that lost their server come back together. Were all their handshakes begun at once, they would all
 * end at the same late moment, when nobody waits any more, and everybody would try again. So they are begun one
 * after the other, and those that were begun are served between; who says nothing holds up nobody.
 */
export function paceHandshakes(server: Server, pace: Pace = defaultPace): void {
  const [begin] = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const admission = new Admission((socket) => begin?.call(server, socket), pace);
  server.on('connection', admission.came);
}

class Admission {
  readonly #begin: (socket: Socket) => void;
  readonly #pace: Pace;
  /** Since when, in the order in which they came; performance.now. */
  readonly #waiting = new Map<Socket, number>();
  #left: number;
  #turns = false;

  constructor(begin: (socket: Socket) => void, pace: Pace) {
    this.#begin = begin;
    this.#pace = pace;
    this.#left = pace.perTurn;
  }

  readonly came = (socket: Socket): void => {
    this.#waiting.set(socket, performance.now());
    socket.once('close', () => this.#waiting.delete(socket));
    // Whoever breaks off while it waits is nobody's trouble.
    socket.on('error', () => undefined);
    this.#goOn();
  };

  #goOn(): void {
    const tooLong = performance.now() - this.#pace.patience;
    for (const [socket, since] of this.#waiting) {
      if (this.#left === 0) break;
      this.#waiting.delete(socket);
      if (since < tooLong) {
        socket.destroy();
        continue;
      }
      this.#left--;
      this.#begin(socket);
    }
    if (this.#turns || this.#left === this.#pace.perTurn) return;
    this.#turns = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#turns = false;
    this.#left = this.#pace.perTurn;
    this.#goOn();
  }
}
