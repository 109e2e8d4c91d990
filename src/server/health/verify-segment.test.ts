import { expect, test } from 'vitest';
import type { Question, Tried } from '#api';
import type { SegmentPart } from '#compile';
import { parsePort } from '#spec';
import { verifySegment } from './verify-segment.ts';

const nothing: SegmentPart = {
  ...{ machine: 'gw', from: 'gw', space: 'hw-net-lab', flows: [], names: [], stations: [] },
  ...{ leaving: [], dhcp: [], unnamed: [], isLookedAt: false },
};

type Said = Partial<Omit<Tried, 'id'>>;
/** What is wrong with a part whose agent answers so, and what it was asked. */
async function wrongs(part: Partial<SegmentPart>, said: Said) {
  const asked: Question[] = [];
  const found = await verifySegment({ ...nothing, ...part }, async (questions) => {
    asked.push(...questions);
    return new Map(
      questions.map(({ id }): [number, Tried] => [id, { id, ms: 1, outcome: 'answered', ...said }]),
    );
  });
  return { wrong: found.map((one) => one.wrong), asked };
}

const station = { to: 'a-1', mac: '02:00:00:00:00:01', address: '10.9.0.11' };

test('a machine must answer at its site, and is asked for in the namespace of its segment', async () => {
  const fine = await wrongs({ stations: [station] }, {});
  expect(fine.wrong).toEqual([undefined]);
  expect(fine.asked).toMatchObject([{ kind: 'station', space: 'hw-net-lab', mac: station.mac }]);
  const { wrong } = await wrongs({ stations: [station] }, { outcome: 'silent' });
  expect(wrong).toEqual(['it does not answer at its site as 02:00:00:00:00:01']);
});

test('who is on a list with a port must answer there; an echo alone may be nobody’s to answer', async () => {
  const one = { to: '10.5.0.1/32', address: '10.5.0.1' };
  const port = parsePort('tcp/53');
  const silent: Said = { outcome: 'silent' };
  const named = await wrongs({ leaving: [{ ...one, port, isAny: false }] }, silent);
  expect(named.wrong).toEqual(['it is on the list, but was silent']);
  expect(named.asked).toMatchObject([{ kind: 'reach', port: 53 }, { kind: 'reach' }]);
  expect((await wrongs({ leaving: [{ ...one, isAny: true }] }, silent)).wrong).toEqual([undefined]);
  const refused: Said = { outcome: 'refused', error: 'no route' };
  expect((await wrongs({ leaving: [{ ...one, isAny: true }] }, refused)).wrong).toEqual([
    'it is on the list, but was refused (no route)',
  ]);
});

test('who has a name on the list of a router is called by that', async () => {
  const leaving = [
    {
      to: 'proxy.example.org',
      host: 'proxy.example.org',
      port: parsePort('tcp/3128'),
      isAny: false,
    },
  ];
  const fine = await wrongs({ leaving }, { addresses: ['192.0.2.9'] });
  expect(fine.wrong).toEqual([undefined]);
  expect(fine.asked).toMatchObject([
    { kind: 'outside', space: 'hw-net-lab', host: 'proxy.example.org', port: 3128 },
  ]);
  const error = 'no address is known of it';
  expect((await wrongs({ leaving }, { outcome: 'refused', error })).wrong).toEqual([
    `it is on the list, but was refused (${error})`,
  ]);
});

test('a DHCP server of ours tells a router beside it its options, or gives nobody addresses', async () => {
  const one = {
    to: 'DHCP server of a',
    server: '10.9.0.10',
    address: '10.9.0.1',
    mac: '02:72:0:0:0:1',
  };
  const fine = await wrongs({ dhcp: [one] }, {});
  expect(fine.wrong).toEqual([undefined]);
  expect(fine.asked).toMatchObject([{ kind: 'dhcp', server: one.server, address: one.address }]);
  expect((await wrongs({ dhcp: [one] }, { outcome: 'silent' })).wrong).toEqual([
    'it gives no addresses: it was silent',
  ]);
});

test('a namespace that is not as its state says is told with what differs, and one that nobody could look at', async () => {
  const look = async (said: Said) => (await wrongs({ isLookedAt: true }, said)).wrong;
  expect(await look({ differs: [] })).toEqual([undefined]);
  expect(await look({ differs: ['add table t'] })).toEqual([
    'is not as the file says: add table t',
  ]);
  expect(await look({ outcome: 'refused', error: 'no nft' })).toEqual([
    'could not be looked at: no nft',
  ]);
});

test('names are asked of the server that should have them', async () => {
  const names = [
    { to: 'a-1', name: 'a-1.net.internal', server: '10.9.0.10', addresses: ['10.9.0.11'] },
  ];
  const { asked, wrong } = await wrongs({ names }, { addresses: ['10.9.0.99'] });
  expect(asked[0]).toMatchObject({ kind: 'resolve', server: '10.9.0.10', space: 'hw-net-lab' });
  expect(wrong).toEqual(['the name leads to 10.9.0.99 instead of 10.9.0.11']);
});
