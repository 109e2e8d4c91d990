import { expect, test } from 'vitest';
import type { Question, Tried } from '#api';
import type { SegmentPart, UnnamedAt } from '#compile';
import { serverErrors } from '../errors.ts';
import { verifyUnnamed } from './verify-unnamed.ts';

const space = 'hw-net-lab';
const at: UnnamedAt = { site: 'a', machine: 'a-gw', space };
const nothing: SegmentPart = {
  ...{ machine: 'a-gw', from: 'a-gw', space, flows: [], names: [], stations: [] },
  ...{ leaving: [], dhcp: [], unnamed: [at], isLookedAt: false },
};
const guests = ['10.9.0.50', '10.9.0.51'];
const known = {
  all: 3,
  some: [...guests, '10.9.0.1'].map((address, i) => ({ mac: `02:00:00:00:00:5${i}`, address })),
};

/** What comes of a part whose agents know these guests; `heard`: who answers whom, of `machine > address`. */
async function found(
  part: Partial<SegmentPart>,
  heard: readonly string[],
  verdict: 'allow' | 'deny' = 'allow',
) {
  const answers = (machine: string, question: Question): Partial<Tried> => {
    if (question.kind === 'unnamed') return { outcome: 'answered', unnamed: known };
    const { address } = question as { readonly address: string };
    return { outcome: heard.includes(`${machine} > ${address}`) ? 'answered' : 'silent' };
  };
  const { verified, untried } = await verifyUnnamed(
    { ...nothing, ...part },
    {
      askOf: (machine) => async (questions) =>
        new Map(
          questions.map((question) => [
            question.id,
            { id: question.id, ms: 1, outcome: 'silent', ...answers(machine, question) },
          ]),
        ),
      flowsTo: async (addresses) => ({
        addresses: addresses.filter((one) => guests.includes(one)),
        flows: guests.map((to) => ({
          ...{ from: 'out', to, source: '10.9.0.1', destination: to, port: { protocol: 'icmp' } },
          ...{ verdict, hops: [], back: [], reason: 'there is no policy' },
        })),
      }),
    },
  );
  return {
    right: verified.flatMap(({ to, what, wrong }) => (wrong ? [] : [`${what} ${to}`])),
    wrong: verified.flatMap(({ to, wrong }) => (wrong ? [to] : [])),
    untried: untried.map(({ what }) => what),
  };
}

const out: Partial<SegmentPart> = { machine: 'b-gw', from: 'out' };
const near: Partial<SegmentPart> = {
  ...out,
  unnamed: [{ ...at, near: { machine: 'a-gw', space } }],
};

test('a gateway asks for them on its port; who does not answer there is told, and nothing is wrong with that', async () => {
  expect(await found({}, ['a-gw > 10.9.0.50'])).toEqual({
    right: ['arp 10.9.0.50'],
    wrong: [],
    untried: ['1 machine at a that no file names'],
  });
});

test('who answers a ping at his own site should answer it from the others', async () => {
  const atHome = guests.map((one) => `a-gw > ${one}`);
  expect(await found(near, [...atHome, 'b-gw > 10.9.0.50'])).toEqual({
    right: ['icmp 10.9.0.50'],
    wrong: ['10.9.0.51'],
    untried: [],
  });
  expect(await found(near, ['a-gw > 10.9.0.50', 'b-gw > 10.9.0.50'])).toEqual({
    right: ['icmp 10.9.0.50'],
    wrong: [],
    untried: ['1 machine at a that no file names, by pings of out'],
  });
});

test('where nobody of ours is beside them, who answers nobody may have his reasons', async () => {
  expect(await found(out, ['b-gw > 10.9.0.50'])).toEqual({
    right: ['icmp 10.9.0.50'],
    wrong: [],
    untried: ['1 machine at a that no file names, by pings of out'],
  });
});

test('whom the policy keeps apart should not be reached, whoever is beside them', async () => {
  for (const part of [near, out]) {
    const all = guests.flatMap((one) => [`a-gw > ${one}`, `b-gw > ${one}`]);
    expect(await found(part, all, 'deny')).toMatchObject({ right: [], wrong: guests });
    const atHome = guests.map((one) => `a-gw > ${one}`);
    expect(await found(part, atHome, 'deny')).toMatchObject({ wrong: [], untried: [] });
  }
});

test('a site whose gateway cannot be asked is said not to be tried', async () => {
  const { verified, untried } = await verifyUnnamed(nothing, {
    askOf: (machine) => () =>
      Promise.reject(serverErrors.error('server/not-connected', { machine })),
    flowsTo: async () => ({ addresses: [], flows: [] }),
  });
  expect(verified).toEqual([]);
  expect(untried).toMatchObject([{ what: 'machines at a that no file names, by a-gw' }]);
  expect(untried[0]?.why).toContain('a-gw');
});
