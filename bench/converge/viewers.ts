import { Agent, request } from 'node:https';
import { eventsPath, type Topic } from '#api';
import type { BenchServer } from './server.ts';

/** What the Overview asks for, by what has to have changed. */
const paths: Readonly<Record<Topic, string>> = {
  status: 'status',
  tunnels: 'tunnels',
  monitors: 'monitors?brief=true',
  events: 'events/log?limit=6',
};
/** What is asked for again though nothing changed, in ms. */
const aging = 15_000;

/** Asks as a browser does that shows the Overview: again for what changed, one question of a kind at a time. */
export class Viewer {
  readonly #server: BenchServer;
  readonly #network: string;
  /** One browser keeps its connections. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 6, rejectUnauthorized: false });
  readonly #asked = new Set<Topic>();
  readonly #again = new Set<Topic>();
  readonly #timer: NodeJS.Timeout;
  answers = 0;

  constructor(server: BenchServer, network: string) {
    this.#server = server;
    this.#network = network;
    const all = Object.keys(paths) as Topic[];
    for (const topic of all) void this.#look(topic);
    this.#timer = setInterval(() => {
      for (const topic of all) if (topic !== 'events') void this.#look(topic);
    }, aging);
    this.#send(eventsPath(network), (text) => {
      const said = /^data: (.*)$/m.exec(text)?.[1];
      for (const topic of said === undefined ? [] : (JSON.parse(said) as Topic[]))
        void this.#look(topic);
    });
  }

  #send(path: string, onText: (text: string) => void, onEnd = (): void => undefined): void {
    const headers = { authorization: `Bearer ${this.#server.adminToken}` };
    const options = { agent: this.#agent, headers };
    const sent = request(new URL(path, this.#server.url), options, (response) => {
      response.setEncoding('utf8').on('data', onText).on('end', onEnd);
    });
    sent.on('error', onEnd).end();
  }

  async #look(topic: Topic): Promise<void> {
    if (this.#asked.has(topic)) {
      this.#again.add(topic);
      return;
    }
    this.#asked.add(topic);
    await new Promise<void>((resolve) => {
      this.#send(`/v1/networks/${this.#network}/${paths[topic]}`, () => undefined, resolve);
    });
    this.answers++;
    this.#asked.delete(topic);
    if (this.#again.delete(topic)) await this.#look(topic);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }
}
