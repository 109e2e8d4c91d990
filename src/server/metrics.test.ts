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

/** Lone machines of people, each with a key of its own. */
const crowd = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const key = `${String(index).padStart(42, 'm')}E=`;
    return `  m-${index}: { managed: false, key: "${key}" }\n`;
  }).join('');

test('of more tunnels than 5,000 their numbers are told alone, and each machine still', async () => {
  const firstNetwork = { network: 'net', machine: 'hub', endpoint: '192.0.2.1:51820' };
  await using server = await TestServer.start({
    firstNetwork: { ...firstNetwork, overlay: '10.80.0.0/16' },
  });
  const { hub } = Object.fromEntries(await server.populate());
  const grow = async (count: number): Promise<void> => {
    const { entry, files, revision: base } = await server.call('pull', {});
    const text = String(files[entry]).replace(/^members:[^]*/m, `members:\n${crowd(count)}`);
    await server.call('apply', {}, { entry, files: { [entry]: text }, base });
    await hub?.until(({ rev }) => rev > base.number);
    // A tunnel that is new has to be heard anew.
    const [up, down] = [1, 900].map((heard) => ({ rx: 5, tx: 7, heard, handshake: heard }));
    if (up && down) hub?.say({ type: 'samples', peers: { 'm-1': up, 'm-2': down } });
  };
  /** How many series each metric of this network has, and the values of those that are told by state. */
  const scraped = async () => {
    const text = String((await server.send('GET', '/metrics', { token: server.admin })).body);
    const lines = text.split('\n').filter((line) => line.includes('{network="net"'));
    const series = Map.groupBy(lines, (line) => line.slice(0, line.indexOf('{')));
    const told = (name: string): number => series.get(name)?.length ?? 0;
    const states = lines.flatMap((line) => {
      const [, state = '', value] = /^hawser_tunnels\{.*state="(\w+)"\} (\d+)$/.exec(line) ?? [];
      return value === undefined ? [] : [[state, Number(value)] as const];
    });
    return { names: [...series.keys()], told, states: Object.fromEntries(states) };
  };
  const heard = async (untold: number) =>
    expect
      .poll(async () => (await scraped()).states, { timeout: 30_000, interval: 200 })
      .toEqual({ up: 1, stale: 1, unknown: untold });

  await grow(5_000);
  await heard(4_998);
  const all = await scraped();
  expect(all.told('hawser_tunnel_state')).toBe(5_000);
  expect(all.told('hawser_tunnel_up')).toBe(2);

  await grow(5_001);
  await heard(4_999);
  const many = await scraped();
  expect(many.names.filter((name) => /^hawser_(?:tunnel|host)_/.test(name))).toEqual([]);
  expect(many.told('hawser_machine_up')).toBe(1);
  expect(many.told('hawser_revision')).toBe(1);
}, 120_000);

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
