import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TestServer } from './fixtures/server.ts';

test('every metric is described, and nothing else is', async () => {
  await using server = await TestServer.start();
  const { body } = await server.send('GET', '/metrics', { token: server.admin });
  const told = [...String(body).matchAll(/^# TYPE (hawser_\w+)/gm)].map(([, name = '']) => name);
  const text = readFileSync('docs/metrics.md', 'utf8');
  const described = [...text.matchAll(/^\| `(hawser_\w+)`/gm)].map(([, name = '']) => name);
  expect(new Set(told)).toEqual(new Set(described));
});

test('who may see one network is told of no other', async () => {
  await using server = await TestServer.start();
  const { entry, files } = await server.call('pull', {});
  const text = String(files[entry]).replace('network: net', 'network: theirs');
  await server.call('createNetwork', { network: 'theirs' }, { entry, files: { [entry]: text } });
  const body = { role: 'viewer' as const, name: 'ben', network: 'net' };
  const { token } = await server.call('createToken', {}, body);
  const seen = async (by: string) =>
    String((await server.send('GET', '/metrics', { token: by })).body).match(/network="\w+"/g) ??
    [];
  expect(new Set(await seen(server.admin))).toEqual(new Set(['network="net"', 'network="theirs"']));
  expect(new Set(await seen(token))).toEqual(new Set(['network="net"']));
});
