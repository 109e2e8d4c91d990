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

test('tunnels and services are told as they are, and no more when they are gone', async () => {
  await using server = await TestServer.start();
  const agents = await server.populate('anna');
  const scraped = async (): Promise<string> =>
    String((await server.send('GET', '/metrics', { token: server.admin })).body);
  expect(await scraped()).toContain('hawser_tunnels{network="net",state="unknown"} 1');
  expect(await scraped()).not.toMatch(/^hawser_tunnel_up\{/m);
  const sample = { rx: 5, tx: 7, heard: 1, handshake: 9 };
  agents.get('anna')?.say({ type: 'samples', peers: { hub: sample } });
  await expect
    .poll(scraped, { interval: 50 })
    .toContain('hawser_tunnel_up{network="net",a="anna",b="hub"} 1');
  const said = await scraped();
  expect(said).toContain('hawser_tunnel_bytes{network="net",from="anna",to="hub"} 7');
  expect(said).toContain('hawser_tunnel_bytes{network="net",from="hub",to="anna"} 5');
  expect(said).toContain('hawser_tunnel_handshake_age_seconds{network="net",a="anna",b="hub"} 9');
  agents.get('anna')?.close();
  await expect.poll(scraped, { interval: 50 }).not.toMatch(/^hawser_tunnel_up\{/m);
});

test.each([
  ['busy', 1],
  ['degraded', 1],
  ['up', 1],
  ['down', 0],
] as const)('a service that is %s is told as such, and counts as up: %d', async (state, up) => {
  await using server = await TestServer.start();
  const agents = await server.populate('anna');
  const { entry, files, revision: base } = await server.call('pull', {});
  const text = `${files[entry]}monitors: { web: { type: tcp, host: hub, port: 80, from: anna } }\n`;
  await server.call('apply', {}, { entry, files: { [entry]: text }, base });
  const why = state === 'up' ? {} : { why: 'because' };
  agents
    .get('anna')
    ?.say({ type: 'monitors', results: { web: { state, ...why, took: 9, lasts: 60 } } });
  const labels = 'network="net",monitor="web",type="tcp",from="anna"';
  const scraped = async (): Promise<string> =>
    String((await server.send('GET', '/metrics', { token: server.admin })).body);
  await expect
    .poll(scraped, { interval: 50 })
    .toContain(`hawser_monitor_state{${labels},state="${state}"} 1`);
  expect(await scraped()).toContain(`hawser_monitor_up{${labels}} ${up}`);
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
