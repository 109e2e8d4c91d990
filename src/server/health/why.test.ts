import { expect, test } from 'vitest';
import type { MachineStatus, NetworkEvent, Revision, TraceResult, TunnelState } from '#api';
import { changesOn } from './changes.ts';
import { type StepFound, type WhyFound, whyOf } from './why.ts';

const trace = (verdict: TraceResult['verdict'], more: Partial<TraceResult> = {}): TraceResult => ({
  ...{ from: 'anna', to: 'bob', source: '10.0.0.2', destination: '10.0.0.3', port: 'icmp' },
  ...{ verdict, reason: 'so the file says', hops: [], back: [] },
  ...more,
});
const step = (state: TunnelState, more: Partial<StepFound> = {}): StepFound => ({
  ...{ from: 'anna', to: 'hub' },
  tunnel: {
    state,
    why: 'by what is seen',
    ends: [
      { machine: 'anna', tells: true },
      { machine: 'hub', tells: true },
    ],
  },
  ...more,
});
const machine = (name: string, more: Partial<MachineStatus> = {}): MachineStatus => ({
  ...{ name, enrolment: 'enrolled', connected: true, overlay: [], notes: [], failures: [] },
  ...more,
});
const found = (more: Partial<WhyFound> = {}): WhyFound => ({
  trace: trace('allow'),
  ...{ steps: [], machines: [], changes: [] },
  ...more,
});

test('what goes on behind a gateway that does not forward is broken, what ends at it is not', () => {
  const silent = { loss: 1, mute: true, answered: 4 } as const;
  const behind = { pc: { through: silent, near: { loss: 0, answered: 0 } } };
  const toHub = step('degraded');
  Object.assign(toHub.tunnel?.ends[1] ?? {}, { behind });
  const steps = [toHub, { from: 'hub', to: 'pc' }];
  expect(whyOf(found({ steps }))).toMatchObject({
    state: 'broken',
    answer: [expect.anything(), 'by what is seen'],
  });
  expect(whyOf(found({ steps: [toHub] })).state).toBe('poor');
});

test('what a rule refuses is refused, where it stands and however well the tunnels are', () => {
  const decision = { machine: 'hub', rule: '3', file: 'net.yaml', line: 7 };
  const why = whyOf(
    found({
      trace: trace('deny', { decision }),
      steps: [step('down')],
      counter: { machine: 'hub', name: 'deny', packets: 12 },
    }),
  );
  expect(why).toEqual({
    state: 'refused',
    answer: [
      'icmp from anna to bob is refused',
      'so the file says (net.yaml:7)',
      'what decides about it (deny at hub) has counted 12 packets',
    ],
  });
  expect(whyOf(found({ trace: trace('unreachable') })).state).toBe('no-way');
});

test.each([
  ['up', 'passes'],
  ['degraded', 'poor'],
  ['unknown', 'unknown'],
  ['never', 'broken'],
  ['invited', 'broken'],
  ['stale', 'broken'],
  ['down', 'broken'],
  ['misconfigured', 'broken'],
] as const)('a flow that may pass over a tunnel that is %s %s', (state, is) => {
  const why = whyOf(found({ steps: [step('up'), step(state)] }));
  expect(why.state).toBe(is);
  if (is !== 'passes')
    expect(why.answer[1]).toMatch(/the tunnel between anna and hub .*by what is/);
});

test('a machine that sends its packets elsewhere is told, also where the tunnel is up', () => {
  const to = (more: Partial<StepFound>) =>
    whyOf(found({ steps: [step('up', { device: 'wg0', ...more })] }));
  expect(to({ way: { device: 'wg0', peer: 'hub' } }).state).toBe('passes');
  expect(to({}).state).toBe('passes');
  expect(to({ way: { device: 'eth0' } }).answer[1]).toBe(
    'anna should send it to hub by wg0, and sends it by eth0',
  );
  expect(to({ way: { device: 'wg0', peer: 'eve' } }).answer[1]).toMatch(/and sends it to eve$/);
  expect(to({ refused: 'Network is unreachable' })).toMatchObject({
    state: 'broken',
    answer: [expect.anything(), 'anna has no way there: Network is unreachable'],
  });
});

test('nobody can tell of a machine that is not what it should be', () => {
  const having = (more: Partial<MachineStatus>) =>
    whyOf(found({ machines: [machine('hub', more)] }));
  expect(having({ wanted: 3, confirmed: 3, notes: ['paused until then'] }).state).toBe('passes');
  const behind = having({ wanted: 3, confirmed: 2, notes: ['behind', 'frozen'] });
  expect(behind).toMatchObject({
    state: 'unknown',
    answer: [expect.anything(), 'hub still has revision 2, not 3: behind'],
  });
  const failures = [
    { code: 'host/x', severity: 'error', message: 'no room', fix: 'make some' },
  ] as const;
  expect(having({ failures: [...failures] }).answer[1]).toBe('hub: no room');
  expect(having({ notes: ['revoked'] }).answer[1]).toBe('hub is cut off: revoked');
});

test('what changed last is part of the answer where something is wrong', () => {
  const changes = [
    { at: '2026-11-20T12:01:00.000Z', kind: 'down', text: 'the tunnel is down' },
    { at: '2026-11-20T12:00:00.000Z', kind: 'apply', text: 'revision 2' },
  ];
  expect(whyOf(found({ changes })).answer).toHaveLength(2);
  expect(whyOf(found({ changes, steps: [step('down')] })).answer.at(-1)).toBe(
    'what changed last on the way: revision 2 (2026-11-20T12:00:00.000Z)',
  );
});

test('changes of a way are those of its machines and tunnels, the newest first', () => {
  const at = (minute: number) => `2026-11-20T12:0${minute}:00.000Z`;
  const event = (seq: number, more: Partial<NetworkEvent>): NetworkEvent => ({
    ...{ seq, at: at(seq), kind: 'down', text: `event ${seq}` },
    ...more,
  });
  const revision = (number: number, more: Partial<Revision> = {}): Revision => ({
    ...{ id: { epoch: 'e', number }, kind: 'apply', at: at(number), author: 'ada', why: 'so' },
    ...{ state: 'applied', summary: ['hub: add peer bob', 'hub-2: add peer bob'] },
    ...more,
  });
  const machines = new Set(['anna', 'hub']);
  const hasTunnel = (a: string, b: string): boolean => machines.has(a) && machines.has(b);
  const changes = changesOn(
    { machines, hasTunnel },
    [
      event(1, { machine: 'anna', other: 'hub' }),
      event(2, { machine: 'hub', other: 'zoe' }),
      event(3, { machine: 'hub', kind: 'repaired' }),
      event(4, { machine: 'zoe', kind: 'away' }),
      event(5, { kind: 'apply' }),
    ],
    [revision(6), revision(7, { state: 'held' }), revision(8, { kind: 'join' })],
  );
  expect(changes.map(({ text }) => text)).toEqual([
    'revision 6, apply by ada: so; hub: add peer bob',
    'event 3',
    'event 1',
  ]);
});
