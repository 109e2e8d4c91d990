import { HawserError } from '#base';
import type { Item, LeftOut, Names } from '#doctor';
import { findAccess } from './access.ts';
import { Client } from './client.ts';

/** What a server tells a bundle, where somebody is logged in. */
export interface ServerPart {
  readonly items: (anonymize: boolean) => readonly Item[];
  readonly leftOut: (anonymize: boolean) => readonly LeftOut[];
  readonly names: Partial<Names>;
  /** Lets its connections go. */
  readonly close: () => void;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Undefined where nobody is logged in. */
export async function serverPart(): Promise<ServerPart | undefined> {
  const client = clientHere();
  return client && new Asked(client).part();
}

function clientHere(): Client | undefined {
  try {
    return new Client(findAccess({}));
  } catch (error) {
    if (error instanceof HawserError) return undefined;
    throw error;
  }
}

/** Authors that every network has: the server itself, and the tokens of its first start. */
const ownAuthors = ['server', 'first', 'admin'];

/** Revisions that are told. */
const limit = 200;

type Revisions = Awaited<ReturnType<Asked['history']>>;

/** One server, asked once for each thing. */
class Asked {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  history(network: string) {
    return this.#client.call('history', { params: { network }, query: { limit } });
  }

  async part(): Promise<ServerPart> {
    const networks = await this.#networks();
    return {
      names: await this.#names(networks),
      close: () => this.#client.close(),
      items: (anonymize) => [
        this.#item('server/metrics.txt', 'GET /metrics', () => this.#metrics()),
        ...networks.flatMap((network) => this.#ofNetwork(network, anonymize)),
      ],
      leftOut: (anonymize) => (anonymize ? freeText : []),
    };
  }

  async #metrics(): Promise<string> {
    const content = await this.#client.file('/metrics');
    return content?.toString() ?? '';
  }

  /** A server that does not answer is told by each of its parts. */
  async #networks(): Promise<readonly string[]> {
    try {
      return (await this.#client.call('listNetworks', {})).map(({ network }) => network);
    } catch (error) {
      if (error instanceof HawserError) return [];
      throw error;
    }
  }

  async #names(networks: readonly string[]): Promise<ServerPart['names']> {
    const machine: string[] = [];
    const person: string[] = [];
    for (const network of networks) {
      const status = await this.#client.call('status', { params: { network } });
      machine.push(...status.machines.map(({ name }) => name));
      const revisions = await this.history(network);
      person.push(...revisions.flatMap(({ author, approver }) => [author, approver ?? '']));
    }
    const taken = new Set(['', ...ownAuthors, ...machine]);
    return {
      machine,
      network: networks,
      person: person.filter((name) => !taken.has(name)),
    };
  }

  #item(path: string, from: string, read: () => Promise<string>): Item {
    return { path, from, keep: 'head', read };
  }

  #ofNetwork(network: string, anonymize: boolean): readonly Item[] {
    const params = { network };
    const at = (name: string): string => `server/${network}-${name}`;
    return [
      this.#item(at('status.json'), `\`hawser status\` of ${network}`, async () =>
        json(await this.#client.call('status', { params })),
      ),
      this.#item(at('drift.json'), `\`hawser drift\` of ${network}`, async () =>
        json(await this.#client.call('drift', { params, query: {} })),
      ),
      this.#item(at('history.json'), `\`hawser history\` of ${network}`, async () =>
        json(withoutWords(await this.history(network), anonymize)),
      ),
      ...(anonymize
        ? []
        : [
            this.#item(at('file.json'), `\`hawser pull\` of ${network}`, async () =>
              json(await this.#client.call('pull', { params, query: {} })),
            ),
          ]),
    ];
  }
}

const freeText: readonly LeftOut[] = [
  {
    what: 'the file of the network, and reasons in its history',
    why: 'people write in them what they like',
  },
];

const withoutWords = (revisions: Revisions, anonymize: boolean): Revisions =>
  anonymize ? revisions.map((one) => ({ ...one, why: '' })) : revisions;
