import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, serve, World } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { AgentAt } from './agents.ts';

/** ms: far below the 15 to 30 s after which a connection is given up that nothing speaks against. */
const soon = 12_000;

suite('an agent whose machine changes its own network', { needs: ['root', 'netns', 'tun'] }, () => {
  let world: World;
  let hub: Machine;
  let anna: Machine;
  let agent: AgentAt;

  beforeAll(async () => {
    world = await World.open();
    hub = await world.machine('hub');
    anna = await world.machine('anna');
    agent = new AgentAt(anna);
    const { joinToken } = await serve(hub);
    anna.must('join', joinToken, '--name', 'anna');
    await agent.until('is at rest', ({ connected, complete }) => connected && complete);
  }, 60_000);

  afterAll(() => world?.close());

  /** Whether a connection to the server comes from there, as the server sees it. */
  const isHeardFrom = (address: string): boolean =>
    hub.do('ss -Htn state established sport = :7443').includes(address);

  test('is heard from its new address soon', async () => {
    expect(isHeardFrom('192.0.2.2')).toBe(true);
    anna.do('ip address add 192.0.2.77/24 dev eth0');
    anna.do('ip address del 192.0.2.2/24 dev eth0');
    // Where the first address of a device goes, all others of its network may go with it.
    anna.do('ip address replace 192.0.2.77/24 dev eth0');
    await until('the server hears it from there', () => isHeardFrom('192.0.2.77'), soon);
    await agent.until('is at rest', ({ connected, complete }) => connected && complete);
  });
});
