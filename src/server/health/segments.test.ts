import { expect, test } from 'vitest';
import { TestServer } from '../fixtures/server.ts';

const place = `
  pouta: { gateways: { anna: {} } }
segments:
  lab:
    vni: 1203
    subnet: 10.101.0.0/24
    sites:
      hub: { pool: 10.101.0.2-10.101.0.99, port: eth1, dhcp: { address: 10.101.0.100, by: hawser } }
      pouta: { pool: 10.101.0.101-10.101.0.199, port: eth1 }
`;

test('leases, machines and drops of a segment are told for each site that tells of them, until it is gone', async () => {
  await using server = await TestServer.start();
  const hub = (await server.populate()).get('hub');
  expect(await server.call('status', {})).not.toHaveProperty('segments');
  const { revision: base, entry, files } = await server.call('pull', {});
  const text = files[entry]?.replace(/^members: \{\}/m, place) ?? '';
  await server.call('apply', {}, { entry, files: { ...files, [entry]: text }, base });
  const status = async () => (await server.call('status', {})).segments;
  const scraped = async (): Promise<readonly string[]> => {
    const { body } = await server.send('GET', '/metrics', { token: server.admin });
    return String(body)
      .split('\n')
      .filter((line) => line.startsWith('hawser_segment_'));
  };
  const [here, there] = [
    { segment: 'lab', site: 'hub', gateway: 'hub' },
    { segment: 'lab', site: 'pouta', gateway: 'anna' },
  ];
  expect(await status()).toEqual([here, there]);
  expect(await scraped()).toEqual([]);

  const sample = { leases: 3, here: 5, elsewhere: 2, dropped: { spoofed: 7, 'not-ip': 0 } };
  // Of segments that the file does not name at its site nobody is told.
  const segments = { 'hw-net-lab': sample, 'hw-net-other': sample };
  hub?.say({ type: 'segments', segments });
  await expect.poll(status, { interval: 10 }).toEqual([{ ...here, ...sample }, there]);
  const at = 'network="net",segment="lab",site="hub"';
  expect(await scraped()).toEqual([
    `hawser_segment_leases{${at}} 3`,
    `hawser_segment_machines{${at},where="here"} 5`,
    `hawser_segment_machines{${at},where="elsewhere"} 2`,
    `hawser_segment_dropped_frames{${at},why="spoofed"} 7`,
    `hawser_segment_dropped_frames{${at},why="not-ip"} 0`,
  ]);
  hub?.close();
  await expect.poll(status, { interval: 10 }).toEqual([here, there]);
  expect(await scraped()).toEqual([]);
});
