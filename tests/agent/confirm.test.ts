import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sandbox } from '../support/sandbox.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { LanMachine, openLan, type Status } from './networks.ts';

/** Two sites and a member; what lies behind `ghost` is said by each test. */
const file = (behindGhost: string, members = '{ anna: {} }'): string => `version: 1
network: home
overlay: 10.77.0.0/24
topology: mesh
sites:
  hub: { gateways: { hub: { endpoint: "192.168.66.4:51820" } } }
  ghost:
    subnets: [${behindGhost}]
    gateways: { ghost: { endpoint: "192.168.66.6:51820" } }
members: ${members}
`;

const atRevision =
  (number: number) =>
  ({ revision, confirmed }: Status): boolean =>
    revision === number && confirmed === number;

suite('a change of the network', { needs: ['root', 'netns', 'tun'] }, () => {
  let lan: Sandbox;
  let hub: LanMachine;
  let anna: LanMachine;

  /** Gives the server a new file; says which revision it is. */
  const apply = (text: string): number => {
    const path = join(hub.folder, 'home.yaml');
    writeFileSync(path, text);
    hub.hawser('apply', path, '--force');
    const [newest] = JSON.parse(hub.hawser('history', '--json')) as [
      { readonly id: { readonly number: number } },
    ];
    return newest.id.number;
  };

  beforeAll(async () => {
    lan = await openLan();
    hub = await LanMachine.open('hub', '192.168.66.4');
    anna = await LanMachine.open('anna', '192.168.66.5');
    const ghost = await LanMachine.open('ghost', '192.168.66.6');
    for (const machine of [hub, anna, ghost]) machine.plugInto(lan);
    const server = hub.start('server', '--address', hub.address, '--name', 'hub');
    const token = await until(
      'the server shows a join token',
      () => /hawser join (hawser-join-\S+)/.exec(server.output())?.[1],
      60_000,
    );
    await anna.startAgent();
    anna.hawser('join', token, '--name', 'anna');
    ghost.hawser('join', token, '--name', 'ghost');
    await ghost.close();
    const first = apply(file('172.16.0.0/24'));
    await anna.until('has the first file', atRevision(first));
  });

  afterAll(async () => {
    await anna?.close();
    await hub?.close();
    await lan?.close();
  });

  test('that cuts a machine off from its server is taken back by itself, and stays so', async () => {
    const before = anna.status().revision;
    const routes = anna.do('ip route show table all');
    apply(file(`${hub.address}/32`));
    const after = await anna.until('took the change back', ({ quarantined }) => quarantined === 1);
    expect(after).toMatchObject({ revision: before, confirmed: before });
    await anna.until('is connected again', ({ connected }) => connected);
    expect(anna.do('ip route show table all')).toBe(routes);
    expect(anna.pings('10.77.0.1')).toBe(true);
    await until('the server knows', () => /anna.*quarantined/.test(hub.hawser('status')));
  });

  test('that a server no longer wants is forgotten: the next one is tried', async () => {
    const next = apply(file('172.16.1.0/24'));
    await anna.until('has the next file', atRevision(next));
    expect(anna.do('ip route show')).toContain('172.16.1.0/24');
  });

  test('that did not touch the path to the server is kept, however long that is away', async () => {
    const before = anna.status();
    // The old connection goes on, so that the change arrives; no new one comes about to confirm it.
    hub.do('nft add table inet cut');
    hub.do('nft add chain inet cut input { type filter hook input priority 0 ; }');
    hub.do('nft add rule inet cut input ip saddr 192.168.66.5 tcp dport 7443 ct state new drop');
    const next = apply(file('172.16.2.0/24'));
    await anna.until('has it', ({ revision }) => revision === next);
    const since = Date.now();
    await until('twice the time to confirm has passed', () => Date.now() - since > 6_000);
    expect(anna.status()).toMatchObject({ ...before, revision: next });
    expect(anna.do('ip route show')).toContain('172.16.2.0/24');
    // An agent that is started again goes on with it: nothing is taken back and done once more.
    const routes = anna.do('ip route show table all');
    const monitor = anna.box.start(['ip', 'monitor', 'route']);
    await anna.killAgent();
    await anna.startAgent();
    const again = await anna.until('looked at all', ({ complete }) => complete);
    expect(again).toMatchObject({ revision: next, confirmed: before.confirmed });
    expect([anna.do('ip route show table all'), monitor.output()]).toEqual([routes, '']);
    hub.do('nft delete table inet cut');
    await anna.until('has confirmed it', atRevision(next), 60_000);
  });

  test('that was confirmed is what a machine boots with, also without a server', async () => {
    const { confirmed } = anna.status();
    const routes = anna.do('ip route show');
    hub.cable(lan, 'down');
    await anna.reboot();
    await anna.startAgent();
    expect(await anna.until('has it again', ({ complete }) => complete)).toMatchObject({
      connected: false,
      confirmed,
    });
    expect(anna.do('ip route show')).toBe(routes);
    hub.cable(lan, 'up');
    await anna.until('is connected again', ({ connected }) => connected, 60_000);
    await until('packets flow again', () => anna.pings('10.77.0.1'));
  });
});
