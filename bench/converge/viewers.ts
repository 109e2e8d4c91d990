import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { eventsPath, sessionPath, type Topic } from '#api';
import type { BenchServer } from './server.ts';

/** What the Overview asks for, by what has to have changed; throughput is told by nobody. */
const paths: Readonly<Record<Topic | 'throughput', string>> = {
  status: 'status',
  tunnels: 'tunnels',
  monitors: 'monitors?brief=true',
  events: 'events/log?limit=6',
  throughput: 'throughput',
};
type Asked = keyof typeof paths;

/** What is asked for again though nothing changed, after so many ms (web/data). */
const aging: Readonly<Partial<Record<Asked, number>>> = {
  status: 15_000,
  tunnels: 15_000,
  monitors: 15_000,
  throughput: 30_000,
};

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS } = constants;

/** Told of an answer; `ended`: after its last byte. */
interface Heard {
  readonly text?: (part: string) => void;
  readonly ended?: () => void;
}

/**
 * Asks as a browser does that shows the Overview: over one connection of HTTP/2, with a session's cookie, again for what
 * changed, one question of a kind at a time.
 */
export class Viewer {
  readonly #network: string;
  readonly #session: ClientHttp2Session;
  readonly #cookie: string;
  readonly #asked = new Set<Asked>();
  readonly #again = new Set<Asked>();
  readonly #timers: readonly NodeJS.Timeout[];
  answers = 0;
  /** What went wrong first: whoever is refused makes no work. */
  trouble: string | undefined;

  private constructor(network: string, session: ClientHttp2Session, cookie: string) {
    this.#network = network;
    this.#session = session;
    this.#cookie = cookie;
    session.on('error', (error) => this.#note(error.message));
    for (const what of Object.keys(paths) as Asked[]) void this.#look(what);
    this.#timers = (Object.keys(aging) as Asked[]).map((what) =>
      setInterval(() => void this.#look(what), aging[what]),
    );
    this.#send(eventsPath(network), {
      text: (text) => {
        const said = /^data: (.*)$/m.exec(text)?.[1];
        for (const topic of said === undefined ? [] : (JSON.parse(said) as Topic[]))
          void this.#look(topic);
      },
    });
  }

  /** Logs in. */
  static async open(server: BenchServer, network: string): Promise<Viewer> {
    const session = connect(server.url, { rejectUnauthorized: false });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const authorization = `Bearer ${server.adminToken}`;
    const sent = session.request({
      ...{ [HTTP2_HEADER_METHOD]: 'POST', [HTTP2_HEADER_PATH]: sessionPath, authorization },
    });
    sent.on('response', (headers) => {
      const [cookie] = headers['set-cookie'] ?? [];
      if (cookie === undefined) reject(new Error(`no session: ${headers[HTTP2_HEADER_STATUS]}`));
      else resolve(cookie.split(';')[0] ?? '');
    });
    sent.on('error', reject).resume().end();
    return new Viewer(network, session, await promise);
  }

  #note(trouble: string): void {
    this.trouble ??= trouble;
  }

  #send(path: string, { text, ended }: Heard): void {
    const headers = { [HTTP2_HEADER_PATH]: path, cookie: this.#cookie };
    const sent = this.#session.request(headers);
    sent.on('response', ({ [HTTP2_HEADER_STATUS]: status }) => {
      if (Number(status) !== 200) this.#note(`${path}: ${status}`);
    });
    sent.on('error', (error) => this.#note(`${path}: ${error.message}`));
    sent.setEncoding('utf8').on('data', (part: string) => text?.(part));
    sent.on('close', () => ended?.()).end();
  }

  async #look(what: Asked): Promise<void> {
    if (this.#asked.has(what)) {
      this.#again.add(what);
      return;
    }
    this.#asked.add(what);
    await new Promise<void>((resolve) => {
      this.#send(`/v1/networks/${this.#network}/${paths[what]}`, { ended: resolve });
    });
    this.answers++;
    this.#asked.delete(what);
    if (this.#again.delete(what)) await this.#look(what);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#session.destroy();
  }
}
