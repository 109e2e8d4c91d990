import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { problemType, requestHeader } from '#api';
import { DiagnosticsError, Secret } from '#base';
import { openStore, serverCertificate } from '#server';
import { Client } from './client.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const sends =
  (status: number, body: unknown, type = 'application/json'): Answer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));

interface Seen {
  readonly path: string;
  readonly token: string | undefined;
  readonly id: string | string[] | undefined;
}

describe('a client', () => {
  let server: Server;
  let pin: string;
  let answer: Answer;
  const seen: Seen[] = [];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-client-'));
    const store = await openStore({ data: folder });
    const made = await serverCertificate(store, { names: ['x'], clock: () => new Date() });
    await store.close();
    rmSync(folder, { recursive: true });
    pin = made.pin ?? '';
    server = createServer({ key: made.key, cert: made.cert }, (request, response) => {
      const { authorization: token, [requestHeader]: id } = request.headers;
      seen.push({ path: request.url ?? '', token, id });
      answer(request, response);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });
  afterAll(() => void server.close());
  afterEach(() => void seen.splice(0));

  const url = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const nobody = 'https://127.0.0.1:1';

  async function using<T>(
    work: (client: Client) => Promise<T>,
    servers = [url()],
    known: string | undefined = pin,
  ): Promise<T> {
    const token = new Secret('s3cret');
    const client = new Client({ servers, token, ...(known !== undefined && { pin: known }) });
    return work(client).finally(() => client.close());
  }

  const list = (client: Client) => client.call('listNetworks', {});
  const codeOf = (error: unknown) => (error as { readonly code?: string }).code;
  const failure = (work: Promise<unknown>) => work.then(() => 'none', codeOf);

  test('asks as the table of routes says, and gives what it is promised', async () => {
    const revisions = [{ network: 'a', revision: { epoch: 'e', number: 1 } }];
    answer = sends(200, revisions);
    expect(await using(list)).toEqual(revisions);
    answer = sends(200, []);
    const params = { network: 'a b' };
    await using((client) => client.call('history', { params, query: { limit: 3 } }));
    expect(seen.map(({ path }) => path)).toEqual([
      '/v1/networks',
      '/v1/networks/a%20b/revisions?limit=3',
    ]);
    expect(seen[0]?.token).toBe('Bearer s3cret');
  });

  test('tells its token to no server but the one that is meant', async () => {
    answer = sends(200, []);
    expect(await failure(using(list, [url()], `${'A'.repeat(43)}=`))).toBe('agent/wrong-server');
    expect(await failure(using((client) => list(client), [url()], ''))).toBe('agent/wrong-server');
    expect(seen).toEqual([]);
  });

  test('tries the next server where one is not there', async () => {
    answer = sends(200, []);
    expect(await using(list, [nobody, url()])).toEqual([]);
    expect(await failure(using(list, [nobody]))).toBe('cli/server-unreachable');
  });

  test('asks again for what was taken and not answered, under the same name, if twice is as good as once', async () => {
    const freeze = (client: Client) =>
      client.call('freeze', { params: { network: 'a' }, body: { frozen: true } });
    answer = (request, response) => {
      if (seen.length < 3) request.destroy();
      else response.writeHead(204).end();
    };
    await using(freeze, [url(), url()]);
    const ids = seen.map(({ id }) => id);
    expect(ids).toEqual([expect.stringMatching(/^[\w-]{36}$/), ids[0], ids[0]]);
  });

  test('says that the answer was lost where twice is not as good, and asks nobody again', async () => {
    answer = (request) => void request.destroy();
    const body = { passphrase: 'correct horse battery' };
    const backup = (client: Client) => client.call('backup', { body });
    expect(await failure(using(backup, [url(), url()]))).toBe('cli/answer-lost');
    expect(seen).toHaveLength(1);
  });

  test('says what the server says is wrong', async () => {
    const problem = {
      type: 'x',
      title: 'x',
      status: 409,
      detail: 'no',
      code: 'api/conflict',
      fix: 'y',
    };
    answer = sends(409, problem, problemType);
    expect(await failure(using(list))).toBe('api/conflict');
    answer = sends(409, { ...problem, since: ['2 apply by ann'] }, problemType);
    await expect(using(list)).rejects.toThrow('no\n    2 apply by ann');
    const finding = { code: 'spec/tab', severity: 'error', message: 'm', fix: 'f' };
    answer = sends(422, { ...problem, errors: [finding, finding] }, problemType);
    const error: unknown = await using(list).catch((caught: unknown) => caught);
    expect((error as DiagnosticsError).diagnostics).toEqual([finding, finding]);
    expect(error).toBeInstanceOf(DiagnosticsError);
  });

  test.each<[string, Answer]>([
    ['a page', (_, response) => void response.writeHead(200).end('<html>')],
    ['other data', sends(200, [{ network: 1 }])],
    ['an error that is not ours', sends(500, { message: 'oops' })],
    ['a redirection', sends(302, {})],
    ['half a problem', sends(400, { code: 'x' }, problemType)],
  ])('does not take %s for an answer', async (_, wrong) => {
    answer = wrong;
    expect(await failure(using(list))).toBe('cli/bad-answer');
  });
});
