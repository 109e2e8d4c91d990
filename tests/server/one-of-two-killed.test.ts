import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresCluster } from '../support/postgres.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Person } from './local.ts';
import type { Running } from './world.ts';

const file = (keepalive: number): string => `version: 1
network: office
overlay: 10.0.0.0/24
defaults: { keepalive: ${keepalive} }
members:
  ann: { endpoint: 203.0.113.1:51820 }
  ben: {}
`;

/** Whether a server does what one of them has to do. */
async function leads(url: string, token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  const asked = request(`${url}/metrics`, { headers, rejectUnauthorized: false, agent: false });
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage];
  return /^hawser_leader 1$/m.test(await text(answer));
}

suite('two servers on one PostgreSQL, one of them killed', { needs: ['postgresql'] }, () => {
  const ann = new Person();
  const programs: Running[] = [];
  let cluster: PostgresCluster;
  let database: string;
  beforeAll(async () => {
    cluster = await PostgresCluster.open();
    database = cluster.url(await cluster.createDatabase());
  });
  afterAll(async () => {
    for (const program of programs) await program.end('SIGKILL');
    ann[Symbol.dispose]();
    await cluster.close();
  });

  async function serve(): Promise<{ readonly program: Running; readonly url: string }> {
    const place = ['--listen', '127.0.0.1:0', '--address', '127.0.0.1', '--database', database];
    const program = ann.start('server', ...place, '--no-join');
    programs.push(program);
    const url = await until('the server says where it is', () => {
      if (program.ended) throw new Error(`the server ended: ${program.output}`);
      return /serving at (https:[^\s;]+)/.exec(program.output)?.[1];
    });
    return { program, url };
  }

  test('the other goes on with all that was acknowledged, for the same token and pin', async () => {
    const one = await serve();
    const two = await serve();
    ann.write('net.yaml', file(20));
    ann.must('apply', 'net.yaml', '--create');
    ann.write('net.yaml', file(21));
    ann.must('apply', 'net.yaml', '-m', 'at the first');
    const admin = /hawser-admin-[\w-]+/.exec(one.program.output)?.[0] ?? '';
    await until('the first leads', () => leads(one.url, admin));
    expect(await leads(two.url, admin)).toBe(false);
    await one.program.end('SIGKILL');
    await until('the second leads', () => leads(two.url, admin));
    expect(ann.hawser(['history']).err).toContain('cli/server-unreachable');

    const elsewhere = { HAWSER_SERVER: two.url };
    const at = (...args: string[]): string => {
      const { code, out, err } = ann.hawser(args, elsewhere);
      expect([code, err]).toEqual([0, '']);
      return out;
    };
    expect(at('pull')).toBe(file(21));
    ann.write('net.yaml', file(22));
    at('apply', 'net.yaml', '-m', 'at the second');
    expect(at('history')).toMatch(/3 .*at the second\n2 .*at the first\n1 /);
  });
});
