import type { FromAgent } from '#api';

/** What waits for a server is worth little when there is much of it. */
const most = 100;

type Report = Extract<FromAgent, { readonly type: 'report' | 'drift' | 'seen' | 'upgrade' }>;

/**
 * What is to be told to the server, kept while there is none. Of reports about states the last counts; what
 * was seen adds up.
 */
export class Outbox {
  #waiting: Report[] = [];
  readonly #send: (message: Report) => boolean;

  constructor(send: (message: Report) => boolean) {
    this.#send = send;
  }

  put(message: Report): void {
    if (this.#send(message)) return;
    const others = this.#waiting.filter(({ type }) => type === 'drift' || type !== message.type);
    this.#waiting = [...others, this.#joined(message)].slice(-most);
  }

  #joined(message: Report): Report {
    const known = this.#waiting.find(({ type }) => type === 'seen');
    if (message.type !== 'seen' || known?.type !== 'seen') return message;
    const handshakes = [...(known.handshakes ?? []), ...(message.handshakes ?? [])];
    return { ...known, ...message, ...(handshakes.length > 0 && { handshakes }) };
  }

  /** Tells what waits, now that somebody listens. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.put(message);
  }
}
