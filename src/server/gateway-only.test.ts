import { expect, test } from 'vitest';
import { TestServer } from './fixtures/server.ts';

/** The machines of which the status says that nothing behind them can be asked. */
async function aloneAt(server: TestServer, site: string): Promise<readonly string[]> {
  const { revision: base, entry, files } = await server.call('pull', {});
  const text = (files[entry] ?? '').replace(/^sites:\n(?: {2}giessen:.*\n)?/m, `sites:\n${site}`);
  await server.call('apply', {}, { entry, files: { ...files, [entry]: text }, base });
  const { machines } = await server.call('status', {});
  return machines.filter(({ gatewayOnly }) => gatewayOnly).map(({ name }) => name);
}

test('the status tells of a gateway whether somebody behind it can be asked', async () => {
  await using server = await TestServer.start();
  const site = (more: string): string =>
    `  giessen: { subnets: [192.168.77.0/24], gateways: { vpn: { address: 192.168.77.4 } }${more} }\n`;
  expect(await aloneAt(server, site(''))).toEqual(['vpn']);
  expect(await aloneAt(server, site(', probe: 192.168.77.1'))).toEqual([]);
  const hosts = ', hosts: { remote-1: { address: 192.168.77.11 } }';
  expect(await aloneAt(server, site(hosts))).toEqual([]);
});
