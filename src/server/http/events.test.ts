import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../tests/support/until.ts';
import type { Channel } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';
import { topicsAt } from '../fixtures/topics.ts';

let server: TestServer;
let hub: Channel;
let telling: NodeJS.Timeout;
/** What the hub tells next of anna, besides figures. */
let endpoint = '192.0.2.1:51820';
let probe: { readonly loss?: number; readonly hole?: number } = {};

beforeAll(async () => {
  server = await TestServer.start();
  const agents = await server.populate('anna');
  hub = agents.get('hub') as Channel;
  let figure = 100;
  const tell = (): void => {
    figure += 7;
    const ages = { rx: figure, tx: 2 * figure, heard: figure % 59, handshake: figure % 170 };
    const answer = figure % 2 === 0 ? { rtt: 3 + (figure % 5) } : {};
    const anna = { ...ages, endpoint, probe: { loss: 0, ...answer, ...probe } };
    hub.say({ type: 'samples', peers: { anna } });
    agents.get('anna')?.say({ type: 'samples', peers: { hub: ages } });
  };
  telling = setInterval(tell, 250);
});
afterAll(async () => {
  clearInterval(telling);
  await server[Symbol.asyncDispose]();
});

/** ms: within one and a fifth it should be, on a machine with nothing else to do. */
const soon = 2_500;

/** Resolves when a page is told the next time that tunnels are others; ms until then. */
async function toldNext(heard: string[], longest: number): Promise<number> {
  heard.length = 0;
  const began = performance.now();
  await until('it is told', () => heard.includes('tunnels'), longest, 5);
  return performance.now() - began;
}

test('a page is told every five seconds of figures alone, and at once where a tunnel comes from and what is wrong', async () => {
  await until('it is up', async () => (await server.call('tunnels', {})).counts['up'] === 1);
  using page = await topicsAt(server, server.admin);
  await toldNext(page.heard, 15_000);
  for (const _ of [1, 2]) {
    expect(await toldNext(page.heard, 15_000)).toBeGreaterThan(4_000);
  }
  endpoint = '192.0.2.1:40000';
  expect(await toldNext(page.heard, 15_000)).toBeLessThan(soon);
  probe = { loss: 0.5 };
  expect(await toldNext(page.heard, 15_000)).toBeLessThan(soon);
  // It is as degraded as before, for another reason.
  probe = { loss: 0, hole: 1420 };
  expect(await toldNext(page.heard, 15_000)).toBeLessThan(soon);
  const { tunnels } = await server.call('tunnels', {});
  expect(tunnels[0]).toMatchObject({ state: 'degraded', why: expect.stringMatching(/MTU hole/) });
});
