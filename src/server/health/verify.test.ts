import { expect, test } from 'vitest';
import type { Question, Tried } from '#api';
import type { Expectations } from '#compile';
import { parsePort } from '#spec';
import { verify } from './verify.ts';

type Flow = Expectations['flows'][number];

const flow = (port: string, verdict: Flow['verdict'], more: Partial<Flow> = {}): Flow => ({
  ...{ from: 'a', to: 'b', source: '10.0.0.1', destination: '10.0.0.2' },
  ...{ port: parsePort(port), verdict, hops: [], back: [], reason: 'so it is' },
  ...more,
});
const expected = (flows: readonly Flow[], names: Expectations['names'] = []): Expectations => ({
  all: 1,
  done: 1,
  flows,
  names,
});

type Said = Partial<Omit<Tried, 'id'>>;
/** An agent that answers each question as it is told, in turn the second time. */
function agent(...answers: readonly ((question: Question) => Said)[]) {
  const asked: (readonly Question[])[] = [];
  const ask = async (questions: readonly Question[]) => {
    const answer = answers[asked.length] ?? answers.at(-1);
    asked.push(questions);
    return new Map(
      questions.map((one): [number, Tried] => [
        one.id,
        { id: one.id, ms: 1, outcome: 'answered', ...answer?.(one) },
      ]),
    );
  };
  return { ask, asked };
}

test('what passes as it may is right, also where nobody listens; of datagrams nobody is asked', async () => {
  const { ask, asked } = agent((one) => ({ outcome: 'port' in one ? 'closed' : 'answered' }));
  const flows = ['icmp', 'tcp/22', 'udp/53'].map((port) => flow(port, 'allow'));
  const found = await verify(expected(flows), ask);
  expect(found.map(({ what, wrong }) => [what, wrong])).toEqual([
    ['icmp', undefined],
    ['tcp/22', undefined],
  ]);
  expect(asked).toHaveLength(1);
});

test('what should pass is asked for again, and told with its reason where it still does not', async () => {
  const lost = agent(() => ({ outcome: 'silent' }));
  const [found] = await verify(expected([flow('icmp', 'allow')]), lost.ask);
  expect(found?.wrong).toBe('should pass (so it is), but was silent');
  const late = agent(
    () => ({ outcome: 'silent' }),
    () => ({}),
  );
  expect((await verify(expected([flow('icmp', 'allow')]), late.ask))[0]?.wrong).toBeUndefined();
  expect(late.asked).toHaveLength(2);
});

test('what should not pass and does is told, refused or without a way', async () => {
  const { ask } = agent(() => ({}));
  const flows = [flow('icmp', 'deny'), flow('tcp/22', 'unreachable')];
  expect((await verify(expected(flows), ask)).map(({ wrong }) => wrong)).toEqual([
    'should be refused (so it is), but passed',
    'should find no way (so it is), but passed',
  ]);
});

test('a tunnel must carry a packet of its largest size whole', async () => {
  const { ask } = agent((one) => ('size' in one ? { outcome: 'silent' } : {}));
  const [small, large] = await verify(expected([flow('icmp', 'allow', { mtu: 1420 })]), ask);
  expect([small?.wrong, large?.what]).toEqual([undefined, 'mtu 1420']);
  expect(large?.wrong).toContain('packets of 1420 bytes should pass whole');
});

test('a name must lead where the file says', async () => {
  const name = { to: 'b', name: 'b.net.internal', addresses: ['10.0.0.2', 'fd00::2'] };
  const to = async (said: Said) =>
    (await verify(expected([], [name]), agent(() => said).ask))[0]?.wrong;
  expect(await to({ addresses: ['10.0.0.2'] })).toBeUndefined();
  expect(await to({ addresses: ['203.0.113.1'] })).toContain('leads to 203.0.113.1 instead of');
  expect(await to({ outcome: 'refused', error: 'ENOTFOUND' })).toBe(
    'the name was not found: refused (ENOTFOUND)',
  );
});
