import { expect, test } from 'vitest';
import { TestServer } from '../fixtures/server.ts';

const web = 'monitors: { web: { type: http, url: "http://192.0.2.9/", from: anna } }';

test('a service is as the machine says that looks at it, and unknown while nobody does', async () => {
  await using server = await TestServer.start();
  const agents = await server.populate('anna');
  const { entry, files } = await server.call('pull', {});
  const text = files[entry] ?? '';
  const { revision } = await server.call('pull', {});
  await server.call(
    'apply',
    {},
    {
      ...{ entry, files: { ...files, [entry]: `${text}${web}\n` }, base: revision },
    },
  );
  expect(await server.call('monitors', {})).toMatchObject({
    monitors: [
      {
        ...{ name: 'web', type: 'http', target: 'http://192.0.2.9/', from: 'anna' },
        ...{ state: 'unknown', why: 'anna has not looked at it yet' },
      },
    ],
  });
  const results = { web: { state: 'down', why: 'it answers with status 500', took: 9, lasts: 60 } };
  agents.get('anna')?.say({ type: 'monitors', results });
  await expect
    .poll(async () => (await server.call('monitors', {})).monitors[0], { interval: 10 })
    .toMatchObject({ state: 'down', why: 'it answers with status 500', took: 9 });
  const [found] = (await server.call('monitors', {})).monitors;
  const { at = '', since = '' } = found ?? {};
  expect((Date.parse(at) - Date.parse(since)) / 1000).toBe(60);
  // What it tells again it has not seen again.
  const again = { web: { ...results.web, lasts: 600, ago: 540 } };
  const told = Date.now();
  agents.get('anna')?.say({ type: 'monitors', results: again });
  await expect
    .poll(
      async () => {
        const [web] = (await server.call('monitors', {})).monitors;
        return told - Date.parse(web?.at ?? '');
      },
      { interval: 10 },
    )
    .toBeGreaterThan(500_000);
  // A machine tells of what it looks at; of others it may say what it likes.
  agents.get('hub')?.say({ type: 'monitors', results: { web: { state: 'up', lasts: 1 } } });
  agents.get('anna')?.close();
  await expect
    .poll(async () => (await server.call('monitors', {})).monitors[0], { interval: 10 })
    .toMatchObject({ state: 'unknown', why: 'anna, which looks at it, is not connected' });
});
