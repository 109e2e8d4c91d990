import { expect, test } from 'vitest';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

test('what gateways see at two places is told with the machine, and once by the audit', async () => {
  await using server = await TestServer.start();
  const anna = await server.enrol(new Machine('anna'));
  const ben = await server.enrol(new Machine('ben'));
  const finding = {
    code: 'agent/two-places',
    severity: 'warning',
    message: '10.9.0.50 of segment lab is at two places: at site knox, and at site pouta',
    fix: 'Give one of them another address.',
  };
  const other = { ...finding, code: 'agent/host-lost', message: 'proxy.example.org is not found' };
  for (const gateway of [anna, ben]) gateway.say({ type: 'seen', warnings: [finding, other] });
  const warned = async (): Promise<readonly unknown[]> => {
    const { machines } = await server.call('status', {});
    return machines.map(({ warnings, failures }) => [warnings ?? [], failures]);
  };
  const both = [[finding, other], []];
  await expect.poll(warned).toEqual(expect.arrayContaining([both, both]));
  anna.say({ type: 'seen', warnings: [] });
  await expect.poll(warned).toContainEqual([[], []]);
  const told = (await server.call('audit', {})).filter(({ action }) => action === 'conflict');
  expect(told.map(({ detail }) => detail)).toEqual([{ conflicts: [finding.message] }]);
  const { body } = await server.send('GET', '/v1/networks/net/events/log?kind=conflict', {
    token: server.admin,
  });
  expect(body).toMatchObject([
    { kind: 'conflict', text: expect.stringContaining(`sees what cannot be: ${finding.message}`) },
  ]);
});
