import { expect, test } from 'vitest';

import { until } from '../support/until.ts';
import { FakeMachine } from './daemons.ts';
import { Server } from './servers.ts';

const isConfirmed = ({
  confirmed,
  revision,
  complete,
}: {
  readonly confirmed?: number;
  readonly revision?: number;
  readonly complete: boolean;
}): boolean => complete && confirmed !== undefined && confirmed === revision;

test('two machines that join know each other, and confirm what they were given', async () => {
  await using server = await Server.start();
  await using hub = new FakeMachine('hub');
  await using anna = new FakeMachine('anna');
  await hub.join(server.hubToken);
  await anna.join(server.joinToken);
  await hub.start();
  await anna.start();
  await hub.until('confirmed', isConfirmed);
  await anna.until('confirmed', isConfirmed);
  await until('the hub has a peer', () => hub.peers.length === 1);
  expect(anna.peers).toHaveLength(1);
});
