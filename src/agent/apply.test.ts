import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeHost, FakeKernel } from '#host';
import { complianceStates } from '../../tests/agent/states.ts';
import { applyState, cleanup } from './apply.ts';
import { permitted } from './permitted.ts';
import { describeReport } from './report.ts';
import { Store } from './store.ts';

let folder: string;
let host: FakeHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-apply-'));
  host = new FakeHost(new FakeKernel());
  writeFileSync(join(folder, 'state.json'), JSON.stringify(complianceStates.first));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = () => ({
  stateDir: join(folder, 'state'),
  lock: { file: join(folder, 'run', 'lock') },
  host,
});
const apply = () => applyState({ ...options(), stateFile: join(folder, 'state.json') });

describe('cleanup of a network', () => {
  test('that nobody knows here is a slip of the pen', async () => {
    await apply();
    await expect(cleanup('nett', options())).rejects.toMatchObject({
      code: 'agent/no-such-network',
      fix: 'Did you mean `net`?',
    });
    expect(host.kernel.of('tunnels')).toHaveLength(1);
  });

  test('that was here finds nothing to do the second time', async () => {
    await apply();
    await cleanup('net', options());
    expect(await cleanup('net', options())).toMatchObject([{ network: 'net', unchanged: true }]);
  });
});

describe('what the agent keeps', () => {
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

  test('is closed again if somebody opened it, and the report says so', async () => {
    await apply();
    const store = new Store(join(folder, 'state'));
    const key = store.keyFile('net', 0);
    chmodSync(key, 0o644);
    chmodSync(join(folder, 'state'), 0o755);
    const report = await apply();
    expect([modeOf(key), modeOf(join(folder, 'state'))]).toEqual(['600', '700']);
    expect(report.notes.map(({ message }) => message)).toEqual([
      `${join(folder, 'state')} was open to others (mode 0755); it is mode 0700 now`,
      `${key} was open to others (mode 0644); it is mode 0600 now`,
    ]);
    expect(describeReport(report)[0]).toContain('NOTE');
    expect((await apply()).notes).toEqual([]);
  });

  test('a device that many items want and that is not there is told once', async () => {
    const { failures } = await apply();
    const missing = failures.filter(({ error }) => error.code === 'host/no-such-device');
    const messages = missing.map(({ error }) => error.message);
    expect(messages.length).toBeGreaterThan(0);
    expect(new Set(messages).size).toBe(messages.length);
  });

  test('and a user may not write has a code and the path', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), {
      code: 'EACCES',
      path: '/x',
    });
    const act = () =>
      permitted('/y', () => {
        throw denied;
      });
    expect(act).toThrow(
      expect.objectContaining({
        code: 'agent/not-permitted',
        message: expect.stringContaining('/x') as string,
      }) as Error,
    );
  });
});
