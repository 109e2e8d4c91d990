import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TunnelsStatus } from '#api';
import type { Channel } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';
import { gatewayOf, mesh, tunnelsOfMesh } from '../fixtures/testing-mesh.ts';

let server: TestServer;
let agents: ReadonlyMap<string, Channel>;
beforeEach(async () => {
  server = await TestServer.start();
  agents = await server.populate('anna', 'bob');
});
afterEach(async () => server[Symbol.asyncDispose]());

const agent = (name: string): Channel => agents.get(name) as Channel;

const asked = async (query = '', network = 'net'): Promise<TunnelsStatus> => {
  const path = `/v1/networks/${network}/tunnels${query}`;
  return (await server.send('GET', path, { token: server.admin })).body as TunnelsStatus;
};

/** An agent tells how its tunnel to each of these is: seconds since it heard it. */
const tell = (name: string, heard: Readonly<Record<string, number | undefined>>): void => {
  const peers = Object.fromEntries(
    Object.entries(heard).map(([peer, seconds]) => [
      peer,
      { rx: 10, tx: 20, ...(seconds !== undefined && { heard: seconds, handshake: seconds }) },
    ]),
  );
  agent(name).say({ type: 'samples', peers });
};

const statesBecome = (...states: readonly string[]): Promise<void> =>
  expect
    .poll(async () => (await asked()).tunnels.map(({ state }) => state), { interval: 10 })
    .toEqual(states);

test('every tunnel of the file is told, the worst first, with what both ends say', async () => {
  expect(await asked()).toMatchObject({
    network: 'net',
    counts: { unknown: 2 },
    tunnels: [
      { state: 'unknown', why: 'neither anna nor hub tells anything' },
      { ends: [{ machine: 'bob', tells: false }, { machine: 'hub' }] },
    ],
  });
  tell('hub', { anna: 3, bob: 200 });
  tell('anna', { hub: 3 });
  tell('bob', { hub: 200 });
  await statesBecome('down', 'up');
  const { tunnels, counts } = await asked();
  expect(counts).toEqual({ down: 1, up: 1 });
  expect(tunnels[1]?.ends[0]).toEqual({
    machine: 'anna',
    tells: true,
    sample: { rx: 10, tx: 20, heard: 3, handshake: 3 },
  });
});

test('how much passes is told, by the last minute of the end that counted more', async () => {
  const minute = (rx: number, tx: number) => ({
    ...{ age: 0, rx: [9e9, null, ...Array(5).fill(rx)], tx: [9e9, null, ...Array(5).fill(tx)] },
    ...{ handshakes: [], rtt: [], loss: [] },
  });
  const sample = { rx: 10, tx: 20, heard: 1, handshake: 1 };
  const say = (name: string, peer: string, rx: number, tx: number): void =>
    agent(name).say({
      ...{ type: 'samples', peers: { [peer]: sample }, series: { [peer]: minute(rx, tx) } },
    });
  say('hub', 'anna', 1000, 50_000);
  say('anna', 'hub', 49_000, 2000);
  tell('bob', { hub: 3 });
  await statesBecome('up', 'up');
  const { tunnels } = await asked();
  expect(tunnels.map(({ ends, rate }) => [ends[0].machine, rate])).toEqual([
    ['anna', 5200],
    ['bob', undefined],
  ]);
});

test('some of them are told where some are asked for', async () => {
  tell('hub', { anna: 3, bob: 3 });
  await statesBecome('up', 'up');
  const { tunnels, counts } = await asked('?machine=bob');
  expect(tunnels.map(({ ends }) => ends[0].machine)).toEqual(['bob']);
  expect(counts).toEqual({ up: 2 });
  const between = await asked('?machine=hub&other=anna');
  expect(between.tunnels.map(({ ends }) => ends[0].machine)).toEqual(['anna']);
  expect((await asked('?machine=anna&other=bob')).tunnels).toEqual([]);
  expect((await asked('?state=down')).tunnels).toEqual([]);
  expect(await asked('?machine=nobody')).toMatchObject({ code: 'api/not-found' });
  expect(await asked('?machine=anna&other=nobody')).toMatchObject({ code: 'api/not-found' });
  expect(await asked('?state=fine')).toMatchObject({ code: 'api/invalid-request' });
});

test('of more than ten thousand the answer says how many are left out, and these are told by their machines', async () => {
  await mesh(server);
  const all = await asked('', 'mesh');
  expect(all.counts).toEqual({ never: tunnelsOfMesh });
  expect([all.tunnels.length, all.leftOut]).toEqual([10_000, { never: tunnelsOfMesh - 10_000 }]);
  const [last, other] = [gatewayOf(142), gatewayOf(141)];
  const isLast = ({ ends }: TunnelsStatus['tunnels'][number]): boolean =>
    ends.every(({ machine }) => machine === last || machine === other);
  expect(all.tunnels.find(isLast)).toBe(undefined);
  expect(await asked('?state=down', 'mesh')).toEqual({ ...all, leftOut: undefined, tunnels: [] });
  const own = await asked(`?machine=${last}`, 'mesh');
  expect([own.counts, own.tunnels.length, own.leftOut]).toEqual([all.counts, 141, undefined]);
  const between = await asked(`?machine=${last}&other=${other}`, 'mesh');
  expect(between.tunnels.map(isLast)).toEqual([true]);
});

test('what an agent said is forgotten with its connection', async () => {
  tell('hub', { anna: 3, bob: 3 });
  await statesBecome('up', 'up');
  agent('hub').close();
  await statesBecome('unknown', 'unknown');
});

test('who names ten thousand peers that there are not changes nothing', async () => {
  tell('hub', { anna: 3, bob: 3 });
  const names = Array.from({ length: 10_000 }, (_, index) => [`m${index}`, 1] as const);
  tell('anna', Object.fromEntries(names));
  await statesBecome('up', 'up');
  expect((await asked()).tunnels).toHaveLength(2);
});

test('machines and tunnels are told in lines of their own: a page reads a large network in pieces', async () => {
  tell('anna', { hub: 3 });
  for (const [what, count] of [
    ['status', 3],
    ['tunnels', 2],
  ] as const) {
    const { body, text } = await server.ask(what, {});
    const [head = '', ...lines] = text.split('\n');
    const items = lines.slice(0, -1).map((line) => JSON.parse(line.replace(/,$/, '')) as unknown);
    const list = what === 'status' ? 'machines' : 'tunnels';
    expect(items, what).toHaveLength(count);
    expect(body).toEqual({ ...(JSON.parse(`${head}]}`) as object), [list]: items });
  }
});
