import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery, NetworkEvent, Silence } from '#api';
import { until } from '../support/until.ts';
import { type LocalServer, Person, serveLocally } from './local.ts';
import { key, office } from './office.ts';

const file = (comment: string): string =>
  `# ${comment}\n${office([`ben: { managed: false, key: "${key('B')}" }`])}`;

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes what is sent to it, but nothing at /closed. */
class Receiver {
  readonly taken: Taken[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      request.on('end', () => {
        const isClosed = request.url === '/closed';
        if (!isClosed) this.taken.push({ headers: request.headers, body });
        response.writeHead(isClosed ? 503 : 204).end();
      });
    }).listen(0, '127.0.0.1');
  }

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    await once(receiver.#server, 'listening');
    return receiver;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }
}

/** HMAC-SHA256 from its definition (RFC 2104), hex. */
function hmacOf(secret: string, text: string): string {
  const sha = (...parts: readonly Buffer[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  const block = Buffer.alloc(64);
  block.set(Buffer.from(secret));
  const pad = (byte: number): Buffer => Buffer.from(block.map((one) => one ^ byte));
  return sha(pad(0x5c), sha(pad(0x36), Buffer.from(text))).toString('hex');
}

describe('people who watch a network', () => {
  const ann = new Person();
  let server: LocalServer;
  beforeAll(async () => {
    server = await serveLocally(ann);
    ann.write('net.yaml', file('as it began'));
    ann.must('apply', 'net.yaml', '--create', '-m', 'begin');
  });
  afterAll(async () => {
    await server.program.end('SIGKILL');
    ann[Symbol.dispose]();
  });

  const json = <T>(...args: readonly string[]): T => JSON.parse(ann.must(...args, '--json')) as T;
  const apply = (comment: string): void => {
    ann.write('net.yaml', file(comment));
    ann.must('apply', 'net.yaml', '-m', comment);
  };

  describe('silence what they work on', () => {
    const silences = () =>
      json<Silence[]>('silence').map(({ machine, site, why }) => ({ machine, site, why }));
    const told = (name: string): readonly unknown[] => [
      expect.stringContaining(`${name} is silenced; that ends in 2 h`),
    ];

    test('a machine, or a site, for a while', () => {
      expect([ann.must('silence', 'ben', '--for', '2h', '-m', 'a new disk')]).toEqual(told('ben'));
      expect([ann.must('silence', 'main', '--for', '2h')]).toEqual(told('site:main'));
      const listed = ann.must('silence');
      expect(listed).toMatch(/^silenced +ends +by +why$/m);
      expect(listed).toMatch(/^ben +in \d+ \w+ +admin +a new disk$/m);
      expect(listed).toMatch(/^site:main +in \d+ \w+ +admin$/m);
      expect(ann.must('status')).toMatch(/^ben .*silenced until .* by admin: a new disk/m);
      const lasts = json<Silence[]>('silence').map(
        ({ from, until: end }) => Date.parse(end) - Date.parse(from),
      );
      expect(lasts).toEqual([7_200_000, 7_200_000]);
    });

    test('by no name that nobody has, nor for no time, and nothing is silenced then', () => {
      const before = silences();
      expect(ann.refusal('silence', 'bne', '--for', '2h')).toEqual([2, 'cli/silence-whom']);
      expect(ann.refusal('silence', 'site:mian', '--for', '2h')).toEqual([2, 'api/not-found']);
      expect(ann.refusal('silence', 'ben')).toEqual([2, 'cli/silence-how-long']);
      expect(ann.refusal('silence', 'ben', '--for', 'ever')).toEqual([2, 'cli/usage']);
      for (const flags of [['--for', '2h'], ['--end']]) {
        expect(ann.refusal('silence', ...flags)).toEqual([2, 'cli/silence-of-what']);
      }
      expect(silences()).toEqual(before);
    });

    test('and hear of it again', () => {
      expect(ann.must('silence', 'ben', '--end')).toBe('ben is silenced no more\n');
      expect(silences()).toEqual([{ site: 'main' }]);
      expect(ann.must('status')).not.toMatch(/^ben .*silenced/m);
      expect(ann.refusal('silence', 'ben', '--end')).toEqual([2, 'cli/not-silenced']);
      ann.must('silence', 'site:main', '--end');
      expect(ann.must('silence')).toBe('nothing is silenced\n');
    });
  });

  describe('have others alerted', () => {
    let receiver: Receiver;
    beforeAll(async () => {
      receiver = await Receiver.open();
    });
    afterAll(() => receiver[Symbol.dispose]());
    const names = () =>
      json<{ receivers: { name: string }[] }>('alerts').receivers.map(({ name }) => name);

    test('who can check that it is this server that says so', async () => {
      expect(ann.must('alerts')).toContain('nobody is alerted');
      const added = ann.hawser([
        'alerts',
        'add',
        'ops',
        '--webhook',
        receiver.url('/hook?token=t'),
      ]);
      expect([added.code, added.err]).toEqual([0, expect.stringContaining('warning and worse')]);
      // The server talks to the receiver of this process while the command waits: so it may not block.
      const testing = ann.start('alerts', 'test', 'ops');
      expect(await testing.whole()).toMatch(/^ops took it, after \d+ ms\n$/);
      expect(receiver.taken).toHaveLength(1);
      const [{ headers, body }] = receiver.taken as [Taken];
      const mac = hmacOf(added.out.trim(), `${String(headers['hawser-timestamp'])}.${body}`);
      expect(headers['hawser-signature']).toBe(`sha256=${mac}`);
      const { network, alerts } = JSON.parse(body) as Delivery;
      expect([network, alerts]).toEqual(['office', [expect.objectContaining({ is: 'test' })]]);
    });

    test('and do not see again what it is signed with, nor what is secret in its address', () => {
      const listed = ann.must('alerts');
      expect(listed).toMatch(
        /^ops +webhook http:\S+\/\.\.\. +warning and worse +nothing yet +fine$/m,
      );
      expect(`${listed}${ann.must('alerts', '--json')}`).not.toContain('token=t');
    });

    test('learn why nobody takes an alert', async () => {
      ann.must('alerts', 'add', 'shut', '--webhook', receiver.url('/closed'), '--site', 'main');
      const testing = ann.start('alerts', 'test', 'shut');
      const said = await testing.whole();
      expect(said).toContain('error server/alert-not-taken: shut did not take the alert');
      expect(said).toContain('status 503');
    });

    test('by no name that nobody has, nor at no address, and nobody is alerted then', () => {
      const before = names();
      const at = receiver.url('/');
      const add = (...more: readonly string[]) => ann.refusal('alerts', 'add', 'more', ...more);
      expect(add()).toEqual([2, 'cli/alert-where']);
      expect(add('--webhook', 'ftp://127.0.0.1/')).toEqual([2, 'server/bad-receiver']);
      expect(add('--webhook', at, '--site', 'mian')).toEqual([2, 'api/not-found']);
      expect(add('--webhook', at, '--machine', 'bne')).toEqual([2, 'api/not-found']);
      for (const word of ['test', 'remove']) {
        expect(ann.refusal('alerts', word, 'nobody')).toEqual([2, 'api/not-found']);
      }
      expect(names()).toEqual(before);
    });

    test('until they are alerted no more', () => {
      expect(ann.must('complete', 'receivers')).toBe('ops\nshut\n');
      expect(ann.must('alerts', 'remove', 'shut')).toBe('shut is alerted no more\n');
      expect(names()).toEqual(['ops']);
      ann.must('alerts', 'remove', 'ops');
      expect(names()).toEqual([]);
    });
  });

  describe('are told what happens', () => {
    const texts = (output: string): readonly string[] =>
      output
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as NetworkEvent).text);

    test('when it does, a line of JSON for each', async () => {
      apply('before somebody looks');
      const following = ann.start('events', '--follow', '--json', '--kind', 'apply');
      await until('what was is told', () => texts(following.output).length === 1);
      apply('under their eyes');
      await until('what comes is told', () => texts(following.output).length > 1);
      await following.end('SIGINT');
      expect(texts(following.output)).toEqual([
        expect.stringContaining('before somebody looks'),
        expect.stringContaining('under their eyes'),
      ]);
    });

    test('by a word that it has, in no matter which case', () => {
      expect(texts(ann.must('events', '--search', 'Their EYES', '--json'))).toEqual([
        expect.stringContaining('under their eyes'),
      ]);
      expect(ann.must('events', '--search', 'their eyes')).toMatch(
        /^\S+Z {2}apply +admin applied revision 3: under their eyes\n$/,
      );
    });

    test('and that nothing did', () => {
      const none = ann.hawser(['events', '--search', 'nowhere to be read']);
      expect(none).toEqual({ code: 0, out: '', err: 'no such event\n' });
      const ofPrograms = ann.hawser(['events', '--search', 'nowhere to be read', '--json']);
      expect(ofPrograms).toEqual({ code: 0, out: '', err: '' });
    });
  });
});
