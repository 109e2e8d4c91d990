import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Install, Problem } from '#api';
import { type Channel, Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const deb = (version: string): string => `hawser_${version}_amd64.deb`;

describe('an agent is let put another version in its own place', () => {
  let folder: string;
  let server: TestServer;
  const machines = new Map<string, Machine>();
  const agents = new Map<string, Channel>();

  const put = (name: string): void => writeFileSync(join(folder, name), name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hawser-packages-'));
    put(deb('0.9.0'));
    server = await TestServer.start({ packages: folder, version: '0.10.0' });
    const installs = { deb: 'amd64', arm: 'arm64', checkout: '', away: '' };
    for (const [name, architecture] of Object.entries(installs)) {
      const machine = new Machine(name);
      machines.set(name, machine);
      await server.call('join', {}, machine.joinRequest('net'), server.joinToken);
      if (name === 'away') continue;
      const install: Install = { kind: 'deb', architecture };
      agents.set(name, await server.connect(machine, architecture ? { install } : {}));
      await agents.get(name)?.next('state');
    }
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const agent = (name: string): Channel => agents.get(name) as Channel;
  const refusal = async (machine: string): Promise<string> => {
    const { status, body } = await server.ask('upgradeMachine', { machine }, {});
    expect(status).toBeGreaterThanOrEqual(400);
    const { code, detail } = body as Problem;
    return `${code}: ${detail}`;
  };
  const statusOf = async (machine: string) =>
    (await server.call('status', {})).machines.find(({ name }) => name === machine);

  test.each([
    ['nobody', 'api/not-found', ''],
    ['away', 'server/not-connected', ''],
    ['checkout', 'server/no-upgrade', ''],
    ['arm', 'server/no-packages', 'for it (deb, arm64)'],
  ])('but not %s: %s %s', async (machine, code, words) => {
    const said = await refusal(machine);
    expect(said).toContain(`${code}: `);
    expect(said).toContain(words);
  });

  test('but not while the network is frozen', async () => {
    await server.call('freeze', {}, { frozen: true });
    expect(await refusal('deb')).toContain('server/frozen: ');
    await server.call('freeze', {}, { frozen: false });
  });

  test('and told which packages fit it; who asks again meanwhile waits for the same', async () => {
    const asked = { machine: 'deb' };
    const ordered = await server.call('upgradeMachine', asked, { within: 7 });
    expect(ordered.version).toBe('0.9.0');
    const order = await agent('deb').next('upgrade');
    const fit = { name: deb('0.9.0'), kind: 'deb', architecture: 'amd64', version: '0.9.0' };
    expect(order).toMatchObject({ id: ordered.id, packages: [fit], within: 7 });
    expect(await statusOf('deb')).toMatchObject({
      upgradable: true,
      upgrade: { outcome: 'working' },
    });
    expect(await server.call('upgradeMachine', asked, {})).toEqual(ordered);
    await agent('deb').settled();
    expect(agent('deb').messages.filter(({ type }) => type === 'upgrade')).toEqual([]);
    put(deb('0.10.0'));
    expect(await refusal('deb')).toContain('server/upgrade-under-way: ');
  });

  test('and what became of it is told and audited', async () => {
    const end = { id: 'an order', version: '0.9.0', outcome: 'done' };
    agent('deb').say({ type: 'upgrade', ...end });
    await agent('deb').settled();
    expect(await statusOf('deb')).toMatchObject({ upgrade: end });
    const own = (await server.call('audit', {})).filter(({ action }) => action === 'upgrade');
    expect(own.map(({ actor }) => actor)).toEqual(expect.arrayContaining(['deb', 'admin']));
  });

  test('and who asks again when it is done, since the answer was lost, hears of the same', async () => {
    put(deb('0.9.0'));
    rmSync(join(folder, deb('0.10.0')));
    const again = await server.call('upgradeMachine', { machine: 'deb' }, {});
    expect(again).toEqual({ id: 'an order', version: '0.9.0' });
    put(deb('0.10.0'));
  });

  test('but to none that is newer than its server', async () => {
    put(deb('0.11.0'));
    expect(await refusal('deb')).toContain('server/older-than-package: ');
  });

  test('and what became of it is told again by an agent that comes to a server which has not heard it', async () => {
    const upgrade = { id: 'an order', version: '0.9.0', outcome: 'reverted' } as const;
    const channel = await server.connect(machines.get('deb') as Machine, { upgrade });
    await channel.next('state');
    expect(await statusOf('deb')).toMatchObject({ upgrade, upgradable: false });
  });
});
