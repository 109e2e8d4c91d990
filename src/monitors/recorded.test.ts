import { afterEach, expect, test } from 'vitest';
import type { JobManager, MonitorResult } from '#api';
import { conversations, RecordedPyro } from './fixtures/pyro-recorded.ts';
import { lookAt } from './index.ts';
import { encodeFrame, FrameReader } from './pyro/frame.ts';

const running: RecordedPyro[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((recorded) => recorded.close()));
});

/** What is told of a platform that answers as in these conversations. */
async function looked(...names: readonly string[]): Promise<MonitorResult> {
  const recorded = await RecordedPyro.open(names);
  running.push(recorded);
  const at = { host: '127.0.0.1', port: recorded.port };
  return lookAt({ type: 'pyro', ...at, every: 10, timeout: 5 });
}

const services = ['old', 'odd', 'bytes', 'raises', 'streams', 'gone', 'scheduler'] as const;

const managers = ({ platform }: MonitorResult): Readonly<Record<string, JobManager>> =>
  Object.fromEntries(platform?.jobManagers.map((one) => [one.name, one]) ?? []);

test('what we send is, byte for byte, what Pyro5 writes itself', () => {
  const ours = [...conversations.keys()].filter((name) => !name.startsWith('serpent'));
  const sent = ours.flatMap((name) => conversations.get(name)?.map(([one]) => one) ?? []);
  expect(sent.length).toBeGreaterThan(20);
  for (const bytes of sent) {
    const [frame] = new FrameReader().push(bytes);
    expect(frame && encodeFrame(frame)).toEqual(bytes);
  }
});

test.each([
  ['one piece', (bytes: Buffer) => [bytes]],
  ['bytes one by one', (bytes: Buffer) => [...bytes].map((byte) => Buffer.of(byte))],
])('every answer is read, in %s', (_, cut) => {
  for (const [name, exchanges] of conversations) {
    if (name.startsWith('serpent')) continue;
    const reader = new FrameReader();
    const frames = exchanges.flatMap(([, answer]) =>
      cut(answer).flatMap((one) => reader.push(one)),
    );
    expect(frames.map(({ seq }) => seq)).toEqual(exchanges.map((_exchange, n) => n + 1));
  }
});

test('a platform is told with all its services, each as it answers', async () => {
  const result = await looked('names', 'extended', ...services);
  expect(result.platform?.objects.map(({ name, tags }) => [name, ...tags])).toEqual([
    ['Pyro.NameServer', 'class:Pyro5.nameserver.NameServer'],
    ...['thermal', 'old', 'odd', 'bytes', 'raises', 'streams', 'gone'].map((name) => [
      ...[name, 'type:jobmanager'],
    ]),
    ['mupif.scheduler', 'type:scheduler'],
  ]);
  const { thermal, old, odd, bytes, raises, streams, gone } = managers(result);
  expect(thermal).toMatchObject({
    ...{ state: 'up', signature: 'Mupif.JobManager.SimpleJobManager' },
    ...{ running: 1, max: 4, total: 7 },
    jobs: [
      {
        ...{ key: '1@thermal', user: 'bp@cvut', running: 12, tail: 'step 1\nδT = 0.5' },
        uri: 'PYRO:obj_1@[2001:db8::2]:10010',
      },
    ],
  });
  // It is at an address of IPv6, and has no `getStatusExtended`.
  expect(old).toMatchObject({
    state: 'up',
    jobs: [{ key: '3@thermal', running: 101, user: 'ann@tüb' }],
  });
  // What is no number in JSON is not told; what is written like one stays.
  expect(odd).toMatchObject({
    state: 'up',
    running: 2,
    jobs: [
      { key: '00000000-0000-0000-0000-000000000007', user: '1.50', tail: '1\n2' },
      { key: '2026-11-27T12:00:05', user: '2026-11-27', tail: 'NaN, "-Infinity" \\' },
    ],
  });
  for (const one of ['max', 'total']) expect(odd).not.toHaveProperty(one);
  expect(bytes?.why).toContain("Pyro5.errors.SerializeError: don't know how to serialize class");
  expect(raises?.why).toContain('builtins.KeyError: no such job');
  expect(streams?.why).toContain('Pyro5.errors.ProtocolError: result of call is an iterator');
  expect(gone?.why).toContain('answers with an error: unknown object');
  expect(result.platform?.schedulers).toMatchObject([
    {
      ...{ state: 'up', load: 6 },
      counts: { running: 2, scheduled: 3, processed: 40, finished: 38, failed: 2 },
      last: [{ id: 'we1', started: '2026-11-20T10:00:00', finished: '2026-11-20T10:05:00' }],
      hours: { load: [0, ...Array.from({ length: 47 }, () => 1)] },
    },
  ]);
});

test('a name server is up that knows somebody without tags, which it cannot say in JSON', async () => {
  const untagged = ['namesUntagged', 'namesAlone', 'namesTagged'];
  const result = await looked(...untagged, 'extended', ...services);
  const objects = result.platform?.objects ?? [];
  expect(objects.map(({ name }) => name)).toContain('plain');
  expect(objects.find(({ name }) => name === 'plain')?.tags).toEqual([]);
  expect(managers(result)['thermal']).toMatchObject({ state: 'up', running: 1 });
  expect(result.platform?.schedulers).toMatchObject([{ state: 'up' }]);
});

test.each(['compressed', 'annotated'])('an answer that is %s says the same', async (how) => {
  const plain = managers(await looked('names', 'extended'))['thermal'];
  const same = managers(await looked('names', how))['thermal'];
  expect({ ...same, uri: '' }).toEqual({ ...plain, uri: '' });
  expect(same?.state).toBe('up');
});

test('nothing is read of what is said in serpent, which nobody asked for', () => {
  const [, [, answer] = []] = conversations.get('serpent') ?? [];
  const [[, refusal] = []] = conversations.get('serpentRefusal') ?? [];
  expect(() => new FrameReader().push(answer ?? Buffer.alloc(0))).toThrow('serializer 1');
  // A refused greeting is told, as the text that it is.
  expect(new FrameReader().push(refusal ?? Buffer.alloc(0))).toMatchObject([{ type: 3 }]);
});
