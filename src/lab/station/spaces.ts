import { spawn } from 'node:child_process';
import { ask, awaitStation, type StationClient } from './client.ts';
import type { Answer, Request } from './protocol.ts';

/** Further processes of a machine, each in a namespace in which its network may be: sockets belong to where they are made. */
export class Spaces {
  readonly #name: string;
  readonly #socket: string;
  readonly #known = new Map<string, Promise<StationClient>>();

  /** `socket` of the machine's first process. */
  constructor(name: string, socket: string) {
    this.#name = name;
    this.#socket = socket;
  }

  /** Throws as `ask`. */
  async ask<R extends Request>(space: string, request: R): Promise<Answer<R['do']>> {
    const known = this.#known.get(space) ?? this.#start(space);
    this.#known.set(space, known);
    return ask(await known, request);
  }

  /** As this one was started. */
  async #start(space: string): Promise<StationClient> {
    const socket = `${this.#socket}.${this.#known.size}`;
    const words = process.argv.slice(1).map((word) => (word === this.#socket ? socket : word));
    const own = [process.execPath, ...process.execArgv, ...words, '--inside'];
    spawn('nsenter', [`--net=/run/netns/${space}`, '--', ...own], { stdio: 'inherit' });
    const station = { name: this.#name, socket, log: `${this.#socket}.log` };
    await awaitStation(station);
    return station;
  }
}
