import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../../tests/support/until.ts';
import { Exchange, type Heard } from './exchange.ts';

const port = 14_791;
const [here, there] = ['127.9.0.1', '127.9.0.2'];

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Another gateway, which says this first of all; gives what it heard. */
async function other(first: object): Promise<{ readonly heard: string[]; sockets: Socket[] }> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).setEncoding('utf8');
    socket.on('data', (text: string) => heard.push(...text.trim().split('\n')));
    socket.write(`${JSON.stringify(first)}\n`);
  });
  await new Promise<void>((resolve) => server.listen(port, there, resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { heard, sockets };
}

function gateway(heard: Partial<Heard> = {}): Exchange {
  const nothing = (): void => undefined;
  const exchange = new Exchange(here, port, {
    part: nothing,
    asked: nothing,
    claimed: nothing,
    kept: nothing,
    known: () => ({}),
    logsFor: () => [],
    ...heard,
  });
  exchange.follow(new Set([there]));
  ends.push(() => exchange.stop());
  return exchange;
}

const sayAll = (exchange: Exchange): void => {
  for (const type of ['claim', 'kept'] as const) {
    exchange.say(there, { type, segment: 'lab', of: ['10.9.0.1'] });
  }
  exchange.say(there, { type: 'ask', segment: 'lab', addresses: ['10.9.0.1'] });
};

const typesIn = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (JSON.parse(line) as { type: string }).type);

test('an agent that knows no claims is told of none, and hangs up on nobody', async () => {
  const { heard } = await other({ type: 'have', tables: {} });
  const exchange = gateway();
  await until('it asks', () => {
    sayAll(exchange);
    return heard.length > 0;
  });
  expect(new Set(typesIn(heard))).toEqual(new Set(['ask']));
});

test('a gateway with which there is no call in both directions is away after a while, and back at once', async () => {
  const { sockets } = await other({ type: 'have', tables: {} });
  const exchange = gateway();
  const away = (seconds: number): readonly string[] => [...exchange.away(seconds * 1000)];
  await until('our call is answered', () => sockets.length > 0);
  // It does not call: what it says nobody hears.
  expect(away(0)).toEqual([]);
  expect(away(14)).toEqual([]);
  expect(away(15)).toEqual([there]);
  const call = createConnection({ host: here, port, localAddress: there });
  ends.push(() => call.destroy());
  await until('it calls', () => away(16).length === 0);
  // Now it is ours that is not answered.
  for (const socket of sockets) socket.destroy();
  ends.splice(0, 1)[0]?.();
  await until('that is seen', () => away(20).length === 0 && away(36).length === 1);
  exchange.follow(new Set());
  expect(away(60)).toEqual([]);
});

test('one that understands claims is told of them', async () => {
  const { heard } = await other({ type: 'have', tables: {}, hears: ['claim', 'kept', 'more'] });
  const exchange = gateway();
  await until('it claims', () => {
    sayAll(exchange);
    return heard.length > 0;
  });
  expect(new Set(typesIn(heard))).toEqual(new Set(['claim', 'kept', 'ask']));
});

test('what only later agents understand is passed over, nonsense is hung up on', async () => {
  await other({ type: 'have', tables: {} });
  const asked: string[] = [];
  const exchange = gateway({ asked: (_, __, addresses) => asked.push(...addresses) });
  const call = createConnection({ host: here, port, localAddress: there });
  const said: string[] = [];
  let isOver = false;
  call
    .on('error', () => undefined)
    .on('close', () => (isOver = true))
    .setEncoding('utf8');
  call.on('data', (text: string) => said.push(...text.trim().split('\n')));
  await until('it says what it understands', () => said.length > 0);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({ type: 'have', hears: ['claim', 'kept'] });
  call.write('{"type":"later","what":[1]}\n');
  call.write('{"type":"ask","segment":"lab","addresses":["10.9.0.7"]}\n');
  await until('it goes on', () => asked.length > 0);
  expect(isOver).toBe(false);
  call.write('{"type":"ask","segment":7}\n');
  await until('it hangs up', () => isOver);
  exchange.stop();
});
