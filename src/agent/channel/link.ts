import type { FromAgent, ToAgent } from '#api';
import type { HawserError } from '#base';
import type { Path } from '../daemon/path.ts';
import type { Enrolment } from '../enrolment.ts';
import type { Identity } from '../identity.ts';
import { backoff, patienceFor } from './backoff.ts';
import { type Connection, type Greeting, openConnection } from './connection.ts';

export interface LinkEvents {
  /** A server answered on a connection that began at that time (ms, performance.now). */
  answered(began: number): void;
  message(message: ToAgent): void;
  /** There is no connection any more, or still none. */
  lost(reason: HawserError): void;
}

export interface LinkInit {
  /** Asked before each attempt: servers and trust may move. */
  readonly enrolment: () => Enrolment;
  readonly identity: Identity;
  readonly greeting: () => Greeting;
  readonly events: LinkEvents;
  /** Whether much hangs on a connection now: attempts then follow each other more closely. */
  readonly hurry: () => boolean;
}

/** A connection that lived for so many ms was a good one. */
const goodLife = 10_000;

interface Current {
  readonly connection: Connection;
  readonly since: number;
  readonly server: string;
}

/** Keeps one connection to one of a network's servers, for as long as the agent wants it. */
export class Link {
  readonly #init: LinkInit;
  readonly #stopping = new AbortController();
  #current: Current | undefined;
  #remote: string | undefined;
  #attempt: { connection?: Connection | undefined } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Another connection is wanted once the attempt that runs has come to an end. */
  #another = false;
  #failures = 0;
  #turn = 0;
  /** Servers have said when to come again: ms, performance.now. */
  #notBefore = 0;

  constructor(init: LinkInit) {
    this.#init = init;
  }

  get isConnected(): boolean {
    return this.#current !== undefined;
  }

  /** The ends of the connection there is. */
  get path(): Path | undefined {
    return this.#current?.connection.path;
  }

  /** The address of the server of the connection there is, or was last. */
  get remote(): string | undefined {
    return this.#remote;
  }

  /** The server at the other end of it. */
  get server(): string | undefined {
    return this.#current?.server;
  }

  /** Connects anew, to the first of the servers. */
  startOver(): void {
    this.#turn = 0;
    this.renew();
  }

  /** Connects, or connects anew: the old connection stays until a server answers on the new one. */
  renew(): void {
    this.#failures = 0;
    if (this.#attempt) this.#another = true;
    else this.#dial();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    this.#attempt?.connection?.close();
    this.#current?.connection.close();
    this.#current = undefined;
  }

  /** The machine's own network changed: what stood may be gone, what was gone may be there again. */
  check(): void {
    if (this.#current) this.#current.connection.check();
    else if (!this.#attempt && performance.now() >= this.#notBefore) this.renew();
  }

  /** Says something if there is anybody to hear it. */
  send(message: FromAgent): boolean {
    this.#current?.connection.send(message);
    return this.#current !== undefined;
  }

  #dial(): void {
    clearTimeout(this.#timer);
    this.#another = false;
    if (this.#stopping.signal.aborted) return;
    const { enrolment, identity, greeting } = this.#init;
    const { network, machine, servers, authorities, pin } = enrolment();
    const began = performance.now();
    const attempt: { connection?: Connection | undefined } = {};
    this.#attempt = attempt;
    const server = servers[this.#turn % servers.length] ?? '';
    const patience = patienceFor({ failures: this.#failures, servers: servers.length });
    const init = {
      ...{ network, machine, authorities, identity, greeting, patience, server },
      signal: this.#stopping.signal,
      ...(pin !== undefined && { pin }),
    };
    void openConnection(init, {
      accepted: (connection) =>
        this.#adopt({ connection, server, since: performance.now() }, began),
      message: (message, connection) => {
        if (this.#current?.connection === connection) this.#init.events.message(message);
      },
      ended: (reason, connection, again) => this.#ended(reason, connection, again),
    }).then((connection) => {
      attempt.connection = connection;
      if (this.#stopping.signal.aborted) connection?.close();
    });
  }

  #adopt(next: Current, began: number): void {
    const old = this.#current;
    this.#current = next;
    this.#remote = next.connection.path.remote;
    this.#attempt = undefined;
    old?.connection.close();
    this.#init.events.answered(began);
    if (this.#another) this.#dial();
  }

  #ended(reason: HawserError, connection: Connection | undefined, again: number | undefined): void {
    if (this.#stopping.signal.aborted) return;
    if (!connection) {
      this.#attempt = undefined;
      this.#turn++;
      this.#failures++;
      this.#later(again);
    } else if (connection === this.#current?.connection) {
      this.#failures = performance.now() - this.#current.since > goodLife ? 0 : this.#failures + 1;
      this.#current = undefined;
      if (!this.#attempt) this.#later(again);
    } else return;
    // A server ends the old connection when it hears the new one.
    if (!this.#current && !this.#attempt) this.#init.events.lost(reason);
  }

  /** Tries again after a while, unless that was asked for; `again`: seconds, as the server wishes. */
  #later(again: number | undefined): void {
    clearTimeout(this.#timer);
    if (this.#another) this.#dial();
    else this.#timer = setTimeout(() => this.#dial(), this.#delay(again));
  }

  #delay(again: number | undefined): number {
    const chance = Math.random();
    if (again !== undefined) {
      const delay = again * 1000 * (1 + chance / 5);
      this.#notBefore = performance.now() + delay;
      return delay;
    }
    const servers = this.#init.enrolment().servers.length;
    return backoff({ failures: this.#failures, servers, hurry: this.#init.hurry() }, chance);
  }
}
