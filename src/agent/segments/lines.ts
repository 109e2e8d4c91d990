import type { Socket } from 'node:net';
import { type Message, messageOf } from './messages.ts';

/** Characters that a line has at most. */
const longestLine = 65_536;

/** Lines that are read within `window` ms; whoever says more is made to wait. */
const pace = { lines: 200, window: 1_000 } as const;

/** ms between signs of life, and after which one without is given up. */
const life = { beat: 3_000, end: 10_000 } as const;

/** What is not taken over that fast is given up, and begins anew, bytes. */
const mostUnsent = 16 << 20;

/** A connection that carries messages, in bounds: who says what cannot be read is hung up on. */
export class Lines {
  readonly #socket: Socket;
  readonly #hear: (message: Message) => void;
  readonly #beat: NodeJS.Timeout;
  #text = '';
  #heard = performance.now();
  #begun = 0;
  #read = 0;
  #resume: NodeJS.Timeout | undefined;

  constructor(socket: Socket, hear: (message: Message) => void) {
    this.#socket = socket;
    this.#hear = hear;
    socket
      .setNoDelay(true)
      .setEncoding('utf8')
      .on('data', (part: string) => this.#take(part));
    this.#beat = setInterval(() => this.#live(), life.beat);
    socket.once('close', () => {
      clearInterval(this.#beat);
      clearTimeout(this.#resume);
    });
  }

  send(message: Message): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(`${JSON.stringify(message)}\n`);
    if (this.#socket.writableLength > mostUnsent) this.#socket.destroy();
  }

  #live(): void {
    if (performance.now() - this.#heard > life.end) this.#socket.destroy();
    else this.send({ type: 'beat' });
  }

  #take(part: string): void {
    this.#heard = performance.now();
    const lines = `${this.#text}${part}`.split('\n');
    this.#text = lines.pop() ?? '';
    if (this.#text.length > longestLine) this.#socket.destroy();
    for (const line of lines) {
      const message = line.length > longestLine ? undefined : messageOf(line);
      if (this.#socket.destroyed) return;
      if (!message) this.#socket.destroy();
      else if (message !== 'later') this.#hear(message);
    }
    this.#slow(lines.length);
  }

  #slow(lines: number): void {
    const now = performance.now();
    if (now - this.#begun > pace.window) [this.#begun, this.#read] = [now, 0];
    this.#read += lines;
    if (this.#read <= pace.lines) return;
    this.#socket.pause();
    clearTimeout(this.#resume);
    this.#resume = setTimeout(() => this.#socket.resume(), this.#begun + pace.window - now);
  }
}
