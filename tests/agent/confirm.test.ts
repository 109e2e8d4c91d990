import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, serve, World } from '../server/world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { AgentAt, type Status } from './agents.ts';

/** Two sites and a member; what lies behind `ghost` is said by each test. */
const file = (behindGhost: string, members = '{ anna: {} }'): string => `version: 1
network: home
overlay: 10.77.0.0/24
topology: mesh
sites:
  hub: { gateways: { hub: { endpoint: "192.0.2.1:51820" } } }
  ghost:
    subnets: [${behindGhost}]
    gateways: { ghost: { endpoint: "192.0.2.3:51820" } }
members: ${members}
`;

const atRevision =
  (number: number) =>
  ({ revision, confirmed }: Status): boolean =>
    revision === number && confirmed === number;

suite('a change of the network', { needs: ['root', 'netns', 'tun'] }, () => {
  let world: World;
  let hub: Machine;
  let anna: Machine;
  let agent: AgentAt;

  /** Gives the server a new file; says which revision it is. */
  const apply = (text: string): number => {
    hub.write('/run/home/home.yaml', text);
    hub.must('apply', '/run/home/home.yaml', '--force', '--no-wait');
    const [newest] = JSON.parse(hub.must('history', '--json')) as [
      { readonly id: { readonly number: number } },
    ];
    return newest.id.number;
  };

  beforeAll(async () => {
    world = await World.open();
    hub = await world.machine('hub');
    anna = await world.machine('anna');
    const ghost = await world.machine('ghost');
    agent = new AgentAt(anna);
    const { joinToken } = await serve(hub);
    await agent.start();
    anna.must('join', joinToken);
    ghost.must('join', joinToken);
    ghost.must('agent', 'stop');
    world.cable(ghost, 'down');
    const first = apply(file('172.16.0.0/24'));
    await agent.until('has the first file', atRevision(first));
  });

  afterAll(async () => {
    await world?.close();
  });

  test('that cuts a machine off from its server is taken back by itself, and stays so', async () => {
    const before = agent.status().revision;
    const routes = anna.do('ip route show table all');
    apply(file(`${hub.address}/32`));
    const after = await agent.until('took the change back', ({ quarantined }) => quarantined === 1);
    expect(after).toMatchObject({ revision: before, confirmed: before });
    await agent.until('is connected again', ({ connected }) => connected);
    await until('its routes are as before', () => anna.do('ip route show table all') === routes);
    await until('packets flow again', () => anna.reaches('10.77.0.1'));
    await until('the server knows', () => /anna.*quarantined/.test(hub.must('status')));
  });

  test('that a server no longer wants is forgotten: the next one is tried', async () => {
    const next = apply(file('172.16.1.0/24'));
    await agent.until('has the next file', atRevision(next));
    expect(anna.do('ip route show')).toContain('172.16.1.0/24');
  });

  test('that did not touch the path to the server is kept, however long that is away', async () => {
    const before = agent.status();
    // The old connection goes on, so that the change arrives; no new one comes about to confirm it.
    hub.do('nft add table inet cut');
    hub.do('nft add chain inet cut input { type filter hook input priority 0 ; }');
    hub.do(`nft add rule inet cut input ip saddr ${anna.address} tcp dport 7443 ct state new drop`);
    const next = apply(file('172.16.2.0/24'));
    await agent.until('has it', ({ revision }) => revision === next);
    const since = Date.now();
    await until('twice the time to confirm has passed', () => Date.now() - since > 6_000);
    expect(agent.status()).toMatchObject({ ...before, revision: next });
    expect(anna.do('ip route show')).toContain('172.16.2.0/24');
    // An agent that is started again goes on with it: nothing is taken back and done once more.
    const routes = anna.do('ip route show table all');
    const monitor = anna.run('ip', 'monitor', 'route');
    await agent.kill();
    await agent.start();
    const again = await agent.until('looked at all', ({ complete }) => complete);
    expect(again).toMatchObject({ revision: next, confirmed: before.confirmed });
    expect([anna.do('ip route show table all'), monitor.output]).toEqual([routes, '']);
    hub.do('nft delete table inet cut');
    await agent.until('has confirmed it', atRevision(next), 60_000);
  });

  test('that was confirmed is what a machine boots with, also without a server', async () => {
    const { confirmed } = agent.status();
    const routes = anna.do('ip route show');
    world.cable(hub, 'down');
    await agent.cutPower();
    await agent.start();
    expect(await agent.until('has it again', ({ complete }) => complete)).toMatchObject({
      connected: false,
      confirmed,
    });
    expect(anna.do('ip route show')).toBe(routes);
    world.cable(hub, 'up');
    await agent.until('is connected again', ({ connected }) => connected, 60_000);
    await until('packets flow again', () => anna.reaches('10.77.0.1'));
  });
});
