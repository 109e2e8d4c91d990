import { expect, test } from 'vitest';
import type { ProbeSample } from '#api';
import { type EndEvidence, judge } from './tunnel-state.ts';

const end = (machine: string, more: Partial<EndEvidence> = {}): EndEvidence => ({
  ...{ machine, hasKey: true, isPresent: true, answersProbes: true },
  ...{ isCloned: false, keepalive: 25 },
  ...more,
});
const sample = (heard?: number, handshake = heard): Pick<EndEvidence, 'sample'> => ({
  sample: {
    ...{ rx: 1, tx: 1 },
    ...(heard !== undefined && { heard }),
    ...(handshake !== undefined && { handshake }),
  },
});
const away: Partial<EndEvidence> = { isPresent: false };

test.each<[string, EndEvidence, EndEvidence, string, RegExp]>([
  ['both hear', end('a', sample(3, 40)), end('b', sample(9)), 'up', /^a heard b 3 s ago, handsh/],
  ['one tells, and hears', end('a', sample(3)), end('b', away), 'up', /^a heard b 3 s ago/],
  ['one of two hears', end('a', sample(3)), end('b', sample(70)), 'degraded', /^a hears b, but/],
  ['both are silent', end('a', sample(70)), end('b', sample(80)), 'down', /for 70 s, and neither/],
  ['one is silent and the other away', end('a', sample(70)), end('b', away), 'down', /away from/],
  [
    'one is silent, the other is there',
    end('a', sample(70)),
    end('b'),
    'down',
    /b tells nothing of it$/,
  ],
  ['nothing ever came', end('a', sample()), end('b', sample()), 'never', /no handshake yet/],
  [
    'nothing ever came, though one calls for a minute',
    end('a', { sample: { rx: 0, tx: 1776 } }),
    end('b', { sample: { rx: 0, tx: 0 } }),
    'down',
    /^a begins handshakes with b in vain, and there never was one: its UDP does not arrive there$/,
  ],
  [
    'nothing ever came, and who calls has just begun',
    end('a', { sample: { rx: 0, tx: 1775 } }),
    end('b', { sample: { rx: 0, tx: 0 } }),
    'never',
    /no handshake yet/,
  ],
  ['nothing ever came to one', end('a', sample()), end('b', away), 'never', /never heard b/],
  ['one has not joined', end('a', sample()), end('b', { hasKey: false }), 'never', /^b has not/],
  ['nobody tells', end('a'), end('b', away), 'unknown', /^neither a nor b/],
  [
    'one is not as it should be, and stays so',
    end('a', { ...sample(3), differs: 'remove peer b of wg0' }),
    end('b', sample(3)),
    'misconfigured',
    /^a is not as it should be, .*: remove peer b of wg0$/,
  ],
  [
    'one is silent, and no agent is there',
    end('a', sample(70)),
    end('b', { ...away, isUnmanaged: true }),
    'stale',
    /no agent runs there to tell more: it may just be off$/,
  ],
  [
    'a handshake begins and is not completed yet',
    end('a', { sample: { rx: 591, tx: 276, heard: 3 } }),
    end('b', { ...away, isUnmanaged: true }),
    'never',
    /^b begins handshakes with a/,
  ],
  [
    'handshakes begin and none was ever completed',
    end('a', { sample: { rx: 592, tx: 368, heard: 3 } }),
    end('b', { ...away, isUnmanaged: true }),
    'misconfigured',
    /^b begins handshakes with a, and none is completed: it has another preshared key/,
  ],
  [
    'handshakes begin and none is completed any more',
    end('a', sample(4, 600)),
    end('b', { ...away, isUnmanaged: true }),
    'misconfigured',
    /^b begins handshakes with a/,
  ],
  ['one is cloned', end('a', sample(3)), end('b', { isCloned: true }), 'misconfigured', /of b is/],
])('where %s', (_, a, b, state, why) => {
  for (const ends of [[a, b] as const, [b, a] as const]) expect(judge(ends).state).toBe(state);
  expect(judge([a, b]).why).toMatch(why);
});

const unmanaged = { ...away, isUnmanaged: true };
const wasUp = new Date('2026-11-27T13:05:59.900Z');
const anew = sample();
const since =
  /^a has had no handshake with b since its end was made anew \(the tunnel was up on 2026-11-27 at 13:05 UTC\)/;

test.each<[string, EndEvidence, EndEvidence, string, RegExp]>([
  ['no agent runs at the other', end('a', anew), end('b', unmanaged), 'stale', /may just be off$/],
  ['the other is away', end('a', anew), end('b', away), 'down', / b is away from its server$/],
  ['the other tells nothing', end('a', anew), end('b'), 'down', / b tells nothing of it$/],
  ['both were', end('a', anew), end('b', anew), 'down', /, and neither the other way$/],
  [
    'the other has just begun a handshake',
    end('a', { sample: { rx: 148, tx: 92, heard: 1 } }),
    end('b', unmanaged),
    'stale',
    /may just be off$/,
  ],
])(
  'a tunnel that was up once is not never where an end was made anew and %s',
  (_, a, b, state, why) => {
    for (const ends of [[a, b] as const, [b, a] as const]) {
      expect(judge(ends, wasUp).state).toBe(state);
      // Of one that was not the same evidence says so.
      expect(judge(ends).state).toBe('never');
      expect(judge(ends).wasUp).toBeUndefined();
    }
    expect(judge([a, b], wasUp)).toMatchObject({
      wasUp: wasUp.toISOString(),
      why: expect.stringMatching(since),
    });
    expect(judge([a, b], wasUp).why).toMatch(why);
  },
);

test('where nothing keeps a tunnel that was up, and an end was made anew, nobody knows', () => {
  const quiet = { keepalive: 0 };
  const { state, why } = judge([end('a', { ...anew, ...quiet }), end('b', quiet)], wasUp);
  expect(state).toBe('unknown');
  expect(why).toMatch(since);
  expect(why).toMatch(/, and nothing keeps the tunnel alive$/);
});

test('a tunnel that was up and is called in vain is told as both', () => {
  const calls = end('a', { sample: { rx: 0, tx: 1776 } });
  expect(judge([calls, end('b', anew)], wasUp)).toEqual({
    state: 'down',
    why: 'a begins handshakes with b in vain, and there was none since the tunnel was made anew (it was up on 2026-11-27 at 13:05 UTC): its UDP does not arrive there',
  });
});

test('what an end still knows of a handshake is told, whichever end that is', () => {
  const [a, b] = [end('a', anew), end('b', sample(70))];
  for (const ends of [[a, b] as const, [b, a] as const]) {
    expect(judge(ends)).toEqual({
      state: 'down',
      why: 'b has heard nothing of a for 70 s, and neither the other way',
    });
  }
});

const probed = (probe: Partial<ProbeSample>): Pick<EndEvidence, 'sample'> => ({
  sample: {
    rx: 1,
    tx: 1,
    heard: 3,
    handshake: 40,
    probe: { loss: 0, rtt: 30, usual: 29, ...probe },
  },
});

test.each<[string, Partial<ProbeSample>, string, RegExp]>([
  ['all probes are answered', { loss: 0.1 }, 'up', /, answer after 30 ms$/],
  [
    'none comes back',
    { mute: true, loss: 1, answered: 4 },
    'down',
    /^b answers no probe of a for 4 s/,
  ],
  ['none ever came back', { mute: true, loss: 1 }, 'down', /^b answers no probe of a, though/],
  ['some are lost', { loss: 0.15 }, 'degraded', /^b did not answer 15 % of the last/],
  ['answers take long', { rtt: 190 }, 'degraded', /takes 190 ms, usually 29 ms$/],
  ['answers take longer, and not long', { rtt: 95, usual: 1.7 }, 'up', /, answer after 95 ms$/],
  ['answers take as long as ever', { rtt: 400, usual: 300 }, 'up', /, answer after 400 ms$/],
  [
    'large ones get lost',
    { hole: 1408 },
    'degraded',
    /^an MTU hole: of packets of 1408 bytes from a none/,
  ],
])('where both hear and %s', (_, probe, state, why) => {
  const [a, b] = [end('a', probed(probe)), end('b', sample(9))];
  for (const ends of [[a, b] as const, [b, a] as const]) expect(judge(ends).state).toBe(state);
  expect(judge([a, b]).why).toMatch(why);
});

test('who is away, or too old to answer probes, is not blamed for it', () => {
  const a = end('a', probed({ mute: true, loss: 1 }));
  expect(judge([a, end('b', away)]).state).toBe('up');
  expect(judge([a, end('b', { answersProbes: false })]).state).toBe('up');
});

test('where only one end sends keepalives, that one waits for the next handshake', () => {
  const spoke = (heard: number) => end('spoke', sample(heard));
  const hub = end('hub', { ...sample(5), keepalive: 0 });
  expect(judge([spoke(150), hub]).state).toBe('up');
  expect(judge([spoke(200), hub]).state).toBe('degraded');
});

test('where nothing keeps a tunnel alive, silence says nothing', () => {
  const quiet = { keepalive: 0 };
  const one = end('a', { ...sample(4000), ...quiet });
  expect(judge([one, end('b', quiet)])).toMatchObject({ state: 'up' });
  const mute = { ...one, sample: { rx: 0, tx: 0, handshake: 9 } };
  expect(judge([mute, end('b', quiet)])).toMatchObject({
    state: 'unknown',
    why: 'a has never heard b, and nothing keeps the tunnel alive',
  });
});

const answers: ProbeSample = { loss: 0, rtt: 2, answered: 0 };
const silent: ProbeSample = { loss: 1, mute: true, answered: 4 };
const never: ProbeSample = { loss: 1, mute: true };

test.each<[string, EndEvidence['behind'], string, RegExp]>([
  ['all answer', { x: { through: answers, near: answers } }, 'up', /after 30 ms$/],
  [
    'the gateway hears what nobody hears through it',
    { x: { through: silent, near: answers }, y: { through: silent, near: answers } },
    'degraded',
    /^b answers a, but does not forward: x and y answer b, and not a for 4 s$/,
  ],
  [
    'one of two is silent',
    { x: { through: silent, near: silent }, y: { through: answers, near: answers } },
    'up',
    /after 30 ms; x behind b has not answered for 4 s$/,
  ],
  ['the only one is off', { x: { through: silent, near: silent } }, 'up', /x behind b has not ans/],
  [
    'all are silent, also to the gateway',
    { x: { through: silent, near: silent }, y: { through: silent, near: silent } },
    'degraded',
    /^nothing behind b answers any more, not even b itself: neither x nor y for 4 s$/,
  ],
  [
    'the gateway does not tell',
    { x: { through: silent }, y: { through: silent } },
    'degraded',
    /^b is heard, but not x nor y behind it, for 4 s$/,
  ],
  ['one never answered', { x: { through: never } }, 'up', /; x behind b has never answered$/],
  [
    'large ones get lost behind it',
    { x: { through: { ...answers, hole: 1408 } }, y: { through: silent } },
    'degraded',
    /^an MTU hole: of packets of 1408 bytes from a none comes back from x behind b, of small ones all$/,
  ],
])('where a gateway answers and of what lies behind it %s', (_, behind, state, why) => {
  const [a, b] = [end('a', probed({})), end('b', { ...sample(9), behind: behind ?? {} })];
  for (const ends of [[a, b] as const, [b, a] as const]) expect(judge(ends).state).toBe(state);
  expect(judge([a, b]).why).toMatch(why);
  // A gateway that answers nothing is not blamed for what lies behind it.
  const lost = end('a', probed({ mute: true, loss: 1, answered: 4 }));
  expect(judge([lost, b])).toMatchObject({
    state: 'down',
    why: expect.stringMatching(/^b answers no/),
  });
});
