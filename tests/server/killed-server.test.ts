import { Agent, request } from 'node:https';
import { afterAll, expect, test } from 'vitest';
import { type FileSet, parseToken, type Revision } from '#api';
import { until } from '../support/until.ts';
import { type LocalServer, Person, serveLocally, serveLocallyAgain } from './local.ts';

/** Revisions to be acknowledged in all, and how many at most before each kill. */
const enough = 1_000;
const most = 200;

const entry = 'office.yaml';
const fileOf = (text: string): FileSet => ({
  entry,
  files: {
    [entry]: `# ${text}\nversion: 1\nnetwork: office\noverlay: 10.0.0.0/24\nmembers:\n  ann: { endpoint: "203.0.113.1:51820" }\n  ben: {}\n`,
  },
});

/** A program that speaks with a server over one connection. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  readonly #port: string;
  readonly #secret: string;

  constructor({ url, admin }: Pick<LocalServer, 'url' | 'admin'>) {
    this.#port = new URL(url).port;
    this.#secret = parseToken(admin).secret.reveal();
  }

  /** What the server answers; undefined where it is gone before it has. */
  ask<T>(method: string, path: string, body?: object): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          agent: this.#agent,
          ...{ host: '127.0.0.1', port: this.#port, method, path: `/v1/networks/office${path}` },
          headers: {
            authorization: `Bearer ${this.#secret}`,
            ...(body && { 'content-type': 'application/json' }),
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => (text += part));
          answer.on('error', () => resolve(undefined));
          answer.on('end', () => {
            if (answer.statusCode === 200) resolve(JSON.parse(text) as T);
            else reject(new Error(`${answer.statusCode}: ${text}`));
          });
        },
      );
      asked.on('error', () => resolve(undefined));
      asked.end(body && JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const ann = new Person();
let server: Omit<LocalServer, 'admin'> | undefined;
afterAll(async () => {
  await server?.program.end('SIGKILL');
  ann[Symbol.dispose]();
});

/** All revisions there are, newest first. */
async function history(client: Client): Promise<readonly Revision[]> {
  const all: Revision[] = [];
  for (;;) {
    const before = all.at(-1)?.id.number;
    const query = before === undefined ? '' : `&before=${before}`;
    const more = await client.ask<Revision[]>('GET', `/revisions?limit=1000${query}`);
    if (!more || more.length === 0) return all;
    all.push(...more);
  }
}

test('of 1,000 applies at a server that is killed again and again, each acknowledged one is there, and whole', async () => {
  const first = await serveLocally(ann);
  server = first;
  let client = new Client(first);
  await client.ask('POST', '', { ...fileOf('the first'), why: 'the first' });
  /** What was acknowledged, by its number. */
  const acknowledged = new Map([[1, 'the first']]);
  for (let round = 1; acknowledged.size <= enough; round++) {
    const quota = 1 + ((round * 61) % most);
    const killed = (async () => {
      await until('so many are acknowledged', () => done >= quota, 60_000, 1);
      await server?.program.end('SIGKILL');
    })();
    let done = 0;
    for (let n = 0; ; n++) {
      const why = `${round}.${n}`;
      const body = { ...fileOf(why), why, force: true };
      const revision = await client.ask<Revision>('POST', '/apply', body);
      if (!revision) break;
      acknowledged.set(revision.id.number, why);
      done++;
    }
    await killed;
    client.close();
    server = await serveLocallyAgain(ann);
    client = new Client({ url: server.url, admin: first.admin });

    const all = await history(client);
    const known = new Map(all.map(({ id, why }) => [id.number, why]));
    for (const [number, why] of acknowledged) expect(known.get(number)).toBe(why);
    // What was under way may be there too: one at most each time, and then it counts from now on.
    const newest = all[0]?.id.number ?? 0;
    expect(newest - acknowledged.size).toBeLessThanOrEqual(1);
    expect(all.map(({ id }) => id.number)).toEqual(
      Array.from({ length: newest }, (_, index) => newest - index),
    );
    const why = known.get(newest) ?? '';
    acknowledged.set(newest, why);
    expect(await client.ask('GET', '/file')).toMatchObject(fileOf(why));
  }
  for (const number of [2, 300, 700, 1_000]) {
    const shown = await client.ask('GET', `/revisions/${number}`);
    expect(shown).toMatchObject({ ...fileOf(acknowledged.get(number) ?? ''), state: 'applied' });
  }
  client.close();
});
