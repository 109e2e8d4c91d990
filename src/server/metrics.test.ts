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
