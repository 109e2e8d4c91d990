import { expect, test } from 'vitest';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

test('two pasted tokens make a network: hub and members know each other', async () => {
  await using server = await TestServer.start();
  const hub = await server.enrol(new Machine('hub'), server.hubToken);
  const anna = new Machine('anna');
  const channel = await server.enrol(anna);
  const state = await channel.until(
    ({ tunnels }) => 'hub' in (tunnels['0']?.peers ?? tunnels['main']?.peers ?? {}),
  );
  expect(state).toMatchObject({ network: 'net', machine: 'anna' });
  await hub.until((own) => JSON.stringify(own.tunnels).includes(anna.keys['0'] ?? ''));
});
