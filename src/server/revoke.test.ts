import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '#api';
import { until } from '../../tests/support/until.ts';
import { type Channel, Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const key = `${'B'.repeat(42)}E=`;
const day = 24 * 3600 * 1000;

describe('a machine that is cut off', () => {
  let now = new Date('2026-11-20T12:00:00.000Z');
  let server: TestServer;
  let hub: Channel;
  beforeAll(async () => {
    server = await TestServer.start({ clock: () => now });
    hub = await server.enrol(new Machine('hub'), server.hubToken);
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  async function edit(change: (text: string) => string) {
    const { entry, files, revision } = await server.call('pull', {});
    const body = { entry, files: { ...files, [entry]: change(files[entry] ?? '') } };
    return server.call('apply', {}, { ...body, base: revision });
  }

  const text = async (): Promise<string> => {
    const { entry, files } = await server.call('pull', {});
    return files[entry] ?? '';
  };
  const statusOf = async (name: string) =>
    (await server.call('status', {})).machines.find((machine) => machine.name === name);
  const notes = async (name: string) => (await statusOf(name))?.notes;
  const knows = (name: string) => async () =>
    hub.until(({ tunnels }) => JSON.stringify(tunnels).includes(`"${name}"`));
  const forgets = (name: string) => async () =>
    hub.until(({ tunnels }) => !JSON.stringify(tunnels).includes(`"${name}"`));
  const revoke = async (machine: string, revoked = true) =>
    server.call('revokeMachine', { machine }, { revoked, why: 'lost' });

  test('has no peers and is nobody’s, at once, and gets all back as it was', async () => {
    const anna = await server.enrol(new Machine('anna'));
    await knows('anna')();
    const before = await anna.until(({ tunnels }) => Object.keys(tunnels).length > 0);
    const file = await text();
    await revoke('anna');
    await forgets('anna')();
    await anna.until(
      ({ tunnels, namespaces }) => JSON.stringify([tunnels, namespaces]) === '[{},{}]',
    );
    expect(await notes('anna')).toContain('revoked');
    expect(await text()).toBe(file);
    await edit((old) => `${old}# another thing\n`);
    await server.call('rollback', { number: 2 }, {});
    expect(await notes('anna')).toContain('revoked');
    await revoke('anna', false);
    await knows('anna')();
    const after = await anna.until(({ tunnels }) => Object.keys(tunnels).length > 0);
    expect(after.tunnels).toEqual(before.tunnels);
    expect(after.namespaces).toEqual(before.namespaces);
    const audit = await server.call('audit', {});
    const told = audit.filter(({ action }) => /revoke|restore/.test(action));
    expect(told.map(({ action, detail }) => [action, detail])).toEqual([
      ['revoke', { machine: 'anna', why: 'lost' }],
      ['restore-machine', { machine: 'anna', why: 'lost' }],
    ]);
  });

  test('may be one on which nothing of ours runs', async () => {
    await edit((old) =>
      old.replace(/(members:.*)\}/, `$1, carl: { managed: false, key: "${key}" } }`),
    );
    await knows('carl')();
    await revoke('carl');
    await forgets('carl')();
    expect(await statusOf('carl')).toMatchObject({ enrolment: 'unmanaged', notes: ['revoked'] });
    await revoke('carl', false);
    await knows('carl')();
  });

  test('is not let back by leaving and joining anew', async () => {
    const gert = new Machine('gert');
    const channel = await server.enrol(gert);
    await knows('gert')();
    await revoke('gert');
    channel.say({ type: 'leave' });
    await channel.next('removed');
    expect(await notes('gert')).toContain('revoked');
    await server.enrol(gert);
    expect(await notes('gert')).toContain('revoked');
    await revoke('gert', false);
    await knows('gert')();
  });

  test('is cut off while a revision waits, too', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `m${i}`);
    const members = names.map(
      (name) => `${name}: { managed: false, key: "${`${name}${'C'.repeat(42)}`.slice(0, 42)}E=" }`,
    );
    await edit((old) => old.replace(/members:.*/, `members: { anna: {}, ${members.join(', ')} }`));
    await knows('m0')();
    const held = await edit((old) => old.replace(/members:.*/, 'members: { anna: {} }'));
    expect(held.state).toBe('held');
    await revoke('m3');
    await forgets('m3')();
    await server.call('approveRevision', { number: held.id.number });
    await forgets('m0')();
  });

  test('has to be in the network', async () => {
    const body = { revoked: true };
    const { status, body: problem } = await server.ask('revokeMachine', { machine: 'eve' }, body);
    expect([status, (problem as Problem).code]).toEqual([404, 'api/not-found']);
  });

  test('is one whose time is over, from that moment on, and until it has more', async () => {
    await edit((old) => old.replace('anna: {}', 'anna: { expires: 2026-11-30 }'));
    expect(await notes('anna')).not.toContain('expires 2026-12-01T00:00:00.000Z');
    now = new Date('2026-11-30T23:59:59.000Z');
    expect(await notes('anna')).toContain('expires 2026-12-01T00:00:00.000Z');
    await knows('anna')();
    now = new Date('2026-12-01T00:00:00.000Z');
    await forgets('anna')();
    expect(await notes('anna')).toContain('expired 2026-12-01T00:00:00.000Z');
    const again = await server.ask('revokeMachine', { machine: 'anna' }, { revoked: false });
    expect((again.body as Problem).detail).toContain('time left for anna');
    await edit((old) => old.replace('2026-11-30', '2027-11-30'));
    await knows('anna')();
    expect((await notes('anna'))?.join()).not.toContain('expire');
    const [last] = (await server.call('audit', {}))
      .filter(({ action }) => action === 'expire')
      .slice(-1);
    expect(last).toMatchObject({ actor: 'server', detail: { expired: [], returned: ['anna'] } });
  });

  test('is one that joined by a token for so long, also where it had to wait', async () => {
    const body = { role: 'join', name: 'guests', network: 'net', memberLife: 3600 } as const;
    const { token: open } = await server.call('createToken', {}, { ...body, admits: true });
    const { token: waits } = await server.call('createToken', {}, body);
    const join = async (name: string, token: string) =>
      server.call('join', {}, new Machine(name).joinRequest('net'), token);
    await join('guest', open);
    const end = (from: Date): string =>
      `expires: "${new Date(from.getTime() + 3_600_000).toISOString()}"`;
    expect(await text()).toContain(`guest: { ${end(now)} }`);
    expect((await join('visitor', waits)).enrolment).toBe('pending');
    now = new Date(now.getTime() + day);
    await server.call('approveMachine', { machine: 'visitor' }, {});
    expect(await text()).toContain(`visitor: { ${end(now)} }`);
    await until('the guest is cut off', async () =>
      (await notes('guest'))?.[0]?.startsWith('expired'),
    );
    expect((await notes('visitor'))?.[0]).toMatch(/^expires /);
  });
});
