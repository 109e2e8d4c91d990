import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { MonitorResult } from '#api';
import { nameServer, type Objects, PyroDaemon, Thrown } from './fixtures/pyro-daemon.ts';
import { lookAt } from './index.ts';

const daemons: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(daemons.splice(0).map((daemon) => daemon.close()));
});

async function daemonOf(
  objects: Objects,
  options?: Parameters<typeof PyroDaemon.open>[1],
): Promise<PyroDaemon> {
  const daemon = await PyroDaemon.open(objects, options);
  daemons.push(daemon);
  return daemon;
}

const looked = ({ host, port }: Pick<PyroDaemon, 'host' | 'port'>): Promise<MonitorResult> =>
  lookAt({ type: 'pyro', host, port, every: 10, timeout: 1 });

const jobs = ['type:jobmanager'];

const extended: Objects[string] = {
  getApplicationSignature: () => 'Mupif.JobManager.SimpleJobManager2',
  getStatusExtended: () => ({
    currJobs: [
      {
        ...{ key: '1@thermal', running: 12.4, user: 'bp@cvut', uri: 'PYRO:obj_1@10.0.0.2:10010' },
        ...{ remoteLogUri: null, tail: ['step 1', 'step 2'] },
      },
    ],
    totalJobs: 7,
    maxJobs: 4,
  }),
};

test('a platform is told with its objects, job managers and schedulers', async () => {
  const services = await daemonOf({
    obj_a: extended,
    obj_s: {
      getStatistics: () => ({
        ...{ runningTasks: 2, scheduledTasks: 3, processedTasks: 40, finishedTasks: 38 },
        ...{ failedTasks: 2, currentLoad: 6, load48: Array.from({ length: 48 }, () => 1) },
        lastJobs: [['we1', 'workflow13', 'Finished', '2026-11-20T10:00:00', '2026-11-20T10:05:00']],
        processedTasks48: Array.from({ length: 48 }, (_, hour) => hour),
      }),
    },
  });
  const names = await daemonOf(
    nameServer([
      ['thermal', services.uri('obj_a'), jobs],
      ['mupif.scheduler', services.uri('obj_s'), ['type:scheduler']],
      ['Pyro.NameServer', 'PYRO:Pyro.NameServer@127.0.0.1:1', ['class:Pyro5.nameserver']],
    ]),
  );
  const { state, platform, took } = await looked(names);
  expect({ state, took: typeof took }).toEqual({ state: 'up', took: 'number' });
  expect(platform?.objects.map(({ name }) => name)).toEqual([
    ...['thermal', 'mupif.scheduler', 'Pyro.NameServer'],
  ]);
  expect(platform?.jobManagers).toEqual([
    {
      name: 'thermal',
      uri: services.uri('obj_a'),
      state: 'up',
      signature: 'Mupif.JobManager.SimpleJobManager2',
      ...{ running: 1, max: 4, total: 7 },
      jobs: [
        {
          ...{ key: '1@thermal', user: 'bp@cvut', running: 12, uri: 'PYRO:obj_1@10.0.0.2:10010' },
          tail: 'step 1\nstep 2',
        },
      ],
    },
  ]);
  expect(platform?.schedulers[0]).toMatchObject({
    state: 'up',
    counts: { running: 2, scheduled: 3, processed: 40, finished: 38, failed: 2 },
    load: 6,
    last: [{ id: 'we1', workflow: 'workflow13', status: 'Finished' }],
    hours: { processed: expect.arrayContaining([0, 47]), load: expect.any(Array) },
  });
});

test('of very many objects those are asked that are job managers, wherever they stand, and the others are counted', async () => {
  const services = await daemonOf({ obj_a: extended });
  const named = (name: string, count: number, tags: readonly string[]) =>
    Array.from({ length: count }, (_, one) => {
      return [`${name}-${one}`, services.uri('obj_a'), [...tags]] as const;
    });
  const often = Array.from({ length: 30 }, (_, one) => `a:${one}`);
  const few = await daemonOf(
    nameServer([...named('plain', 500, []), ...named('late', 1, [...often, ...jobs])]),
  );
  const { state, platform } = await looked(few);
  expect(state).toBe('up');
  expect(platform?.jobManagers.map(({ name, running }) => [name, running])).toEqual([
    ['late-0', 1],
  ]);
  expect([platform?.objects.length, platform?.leftOut]).toEqual([500, { objects: 1 }]);
  const many = await daemonOf(nameServer(named('manager', 103, jobs)));
  const { platform: large } = await looked(many);
  expect([large?.jobManagers.length, large?.leftOut]).toEqual([100, { jobManagers: 3 }]);
  expect(large?.objects).toHaveLength(103);
});

test('a platform without job managers is up', async () => {
  const names = await daemonOf(nameServer([]));
  expect(await looked(names)).toMatchObject({
    state: 'up',
    platform: { objects: [], jobManagers: [], schedulers: [] },
  });
});

test('one job manager that hangs, one that is gone and one with an old status keep none from being told', async () => {
  const busy = await daemonOf({}, { isBusy: true });
  const gone = await PyroDaemon.open({});
  await gone.close();
  const old = await daemonOf(
    {
      obj_o: {
        getApplicationSignature: () => 'old',
        getStatus: () => [['3@old', 100.6, 'ann', 44_361]],
      },
    },
    { isOdd: true },
  );
  const broken = await daemonOf({
    obj_b: { getApplicationSignature: () => new Thrown('builtins.KeyError', 'no such job') },
  });
  const names = await daemonOf(
    nameServer([
      ['busy', busy.uri('obj_x'), jobs],
      ['gone', gone.uri('obj_y'), jobs],
      ['old', old.uri('obj_o'), jobs],
      ['broken', broken.uri('obj_b'), jobs],
      ['stale', old.uri('obj_forgotten'), jobs],
      ['local', 'PYRO:obj_z@./u:/tmp/socket', jobs],
    ]),
  );
  const { state, why, platform } = await looked(names);
  expect(state).toBe('degraded');
  expect(why).toBe('busy is busy, gone is down, broken is down, stale is down, local is down');
  const by = new Map(platform?.jobManagers.map((one) => [one.name, one]));
  expect(by.get('busy')).toMatchObject({ state: 'busy', jobs: [] });
  expect(by.get('gone')?.why).toContain('ECONNREFUSED');
  expect(by.get('old')).toMatchObject({
    ...{ state: 'up', running: 1 },
    jobs: [{ key: '3@old', running: 101, user: 'ann' }],
  });
  expect(by.get('old')).not.toHaveProperty('max');
  expect(by.get('broken')?.why).toContain('builtins.KeyError: no such job');
  expect(by.get('stale')?.why).toContain('unknown object obj_forgotten');
});

test('the log of a job that somebody else has is asked of him, as text, and one that hangs keeps nothing from being told', async () => {
  const asked: unknown[] = [];
  const logs = await daemonOf({
    log_1: {
      tail: (...words) => {
        asked.push(words);
        return ['step 1', 'step \u001b[2J2'];
      },
    },
    log_2: { tail: () => ({ __class__: 'pickled' }) },
    log_3: { tail: () => new Thrown('builtins.OSError', 'no such file') },
  });
  const hangs = await daemonOf({}, { isBusy: true });
  const job = (key: string, more: object): object => ({ key, running: 1, ...more });
  const services = await daemonOf({
    obj_a: {
      getApplicationSignature: () => 'x',
      getStatusExtended: () => ({
        currJobs: [
          job('there', { remoteLogUri: logs.uri('log_1'), tail: null }),
          job('own', { remoteLogUri: logs.uri('log_1'), tail: 'mine' }),
          job('odd', { remoteLogUri: logs.uri('log_2') }),
          job('broken', { remoteLogUri: logs.uri('log_3') }),
          job('hangs', { remoteLogUri: hangs.uri('log_4') }),
          job('nowhere', { remoteLogUri: 'file:///etc/passwd' }),
        ],
      }),
    },
  });
  const names = await daemonOf(nameServer([['thermal', services.uri('obj_a'), jobs]]));
  const { state, platform } = await looked(names);
  expect(state).toBe('up');
  expect(platform?.jobManagers[0]?.jobs).toEqual([
    { key: 'there', running: 1, tail: 'step 1\nstep \uFFFD[2J2' },
    { key: 'own', running: 1, tail: 'mine' },
    ...['odd', 'broken', 'hangs', 'nowhere'].map((key) => ({ key, running: 1 })),
  ]);
  expect(asked).toEqual([[[50], { raw: false }]]);
});

test('of many jobs so many logs are asked for, and no more', async () => {
  let asked = 0;
  const logs = await daemonOf({ log: { tail: () => `line ${++asked}` } });
  const services = await daemonOf({
    obj_a: {
      getApplicationSignature: () => 'x',
      getStatusExtended: () => ({
        currJobs: Array.from({ length: 50 }, (_, key) => ({ key, remoteLogUri: logs.uri('log') })),
      }),
    },
  });
  const names = await daemonOf(nameServer([['thermal', services.uri('obj_a'), jobs]]));
  const [manager] = (await looked(names)).platform?.jobManagers ?? [];
  expect(asked).toBe(40);
  expect(manager?.jobs.filter(({ tail }) => tail !== undefined)).toHaveLength(40);
});

test('what a terminal would obey is not told on', async () => {
  const services = await daemonOf({
    obj_a: {
      getApplicationSignature: () => '\u001b[2Jx\ny',
      getStatusExtended: () => ({
        currJobs: [{ key: '<script>1</script>', user: '\u009b31m', tail: 'a\tb\n\u0007c' }],
      }),
    },
  });
  const names = await daemonOf(nameServer([['evil\u001b]0;x', services.uri('obj_a'), jobs]]));
  const [manager] = (await looked(names)).platform?.jobManagers ?? [];
  expect(manager).toMatchObject({
    ...{ name: 'evil\uFFFD]0;x', signature: '\uFFFD[2Jx y' },
    jobs: [{ key: '<script>1</script>', user: '\uFFFD31m', tail: 'a\tb\n\uFFFDc' }],
  });
});

test('addresses of IPv6 are asked, too', async () => {
  const services = await daemonOf({ obj_a: extended }, { host: '::1' });
  const names = await daemonOf(nameServer([['thermal', services.uri('obj_a'), jobs]]), {
    host: '::1',
  });
  expect(await looked(names)).toMatchObject({ state: 'up' });
});

/** Somebody who sends bytes to whoever connects. */
async function saying(bytes: Buffer, thenEnds = false): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(bytes);
    if (thenEnds) socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  daemons.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

test.each([
  ['speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /it begins with "HTTP"/],
  ['speaks another version', Buffer.from('PYRO\0\u0030', 'latin1'), /version 48 of the protocol/],
  ['ends in the middle', Buffer.from('PYRO'), /ended the connection in the middle/],
  ['promises a gigabyte', header(2 ** 30), /1073741824 bytes at once/],
  ['refuses in another serializer', refusal(2, 'z\u0004gone'), /answers with an error: .*gone/],
  ['answers in another serializer', serialized(header(0), 2), /serializer 2/],
  [
    'says what is no JSON',
    Buffer.concat([header(0), header(1, 5, 2), Buffer.from('{')]),
    /with what is not Pyro5: what should be JSON/,
  ],
])('a server that %s is down, and it is said why', async (_, bytes, why) => {
  const server = await saying(bytes, true);
  const result = await looked({ host: '127.0.0.1', port: portOf(server) });
  expect(result).toEqual({ state: 'down', why: expect.stringMatching(why) });
});

/** Messages as Pyro5 writes them; nothing of ours made them. */
const written = (...parts: readonly string[]): Buffer => Buffer.from(parts.join(''), 'hex');

/** A refused greeting: what Python's marshal makes of `no free workers, increase server threadpool size`. */
const noWorkers = written(
  ...['5059524f', '01f6', '03', '02', '0000', '0001', '00000032', '00000000'],
  ...['00000000000000000000000000000000', '0000', '4dc5'],
  ...['fa30', '6e6f206672656520776f726b6572732c20', '696e63726561736520736572766572'],
  '20746872656164706f6f6c2073697a65',
);

test.each([
  ['says nothing', Buffer.alloc(0), 'did not answer within 1 s'],
  ['says half a message', Buffer.from('PYRO\u0001\u00f6', 'latin1'), 'did not answer within 1 s'],
  ['has all its threads taken', noWorkers, 'has no free workers'],
])('one that takes the connection and %s is busy', async (_, bytes, why) => {
  const server = await saying(bytes);
  expect(await looked({ host: '127.0.0.1', port: portOf(server) })).toEqual({
    state: 'busy',
    why: `the name server takes connections and ${why}`,
  });
});

test('annotations of an answer are passed over', async () => {
  // Of the name XMPL, 3 bytes; then `{"a":["PYRO:b@c:1",[]]}`.
  const answer = written(
    ...['5059524f', '01f6', '05', '03', '0000', '0002', '00000017', '0000000b'],
    ...['00000000000000000000000000000000', '0000', '4dc5', '584d504c', '00000003', '616263'],
    ...['7b2261223a5b22', '5059524f3a6240633a31', '222c5b5d5d7d'],
  );
  const greeting = Buffer.from('{}');
  const server = await saying(Buffer.concat([header(greeting.length), greeting, answer]));
  expect(await looked({ host: '127.0.0.1', port: portOf(server) })).toMatchObject({
    state: 'up',
    platform: { objects: [{ name: 'a', uri: 'PYRO:b@c:1', tags: [] }] },
  });
});

function serialized(frame: Buffer, serializer: number): Buffer {
  frame.writeUInt8(serializer, 7);
  return frame;
}

function refusal(serializer: number, text: string): Buffer {
  return Buffer.concat([serialized(header(text.length, 3), serializer), Buffer.from(text)]);
}

/** The header of an answer to a greeting, or of another type, with so many bytes to come. */
function header(length: number, type = 2, seq = 1): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.write('PYRO');
  bytes.writeUInt16BE(502, 4);
  bytes.writeUInt8(type, 6);
  bytes.writeUInt8(3, 7);
  bytes.writeUInt16BE(seq, 10);
  bytes.writeUInt32BE(length, 12);
  bytes.writeUInt16BE(0x4dc5, 38);
  return bytes;
}
