import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { HostState } from '#state';
import { suite } from '../../../tests/support/suite.ts';
import { PlainHosts } from './plain-hosts.ts';

const stateOf = (asked: Readonly<Record<string, { address: string; mtu?: number }>>): HostState =>
  ({ probes: { hosts: { data: 85, asked } } }) as unknown as HostState;

/** A host that answers, one that nothing can be sent to (no link is named), and one whose packets may be large. */
const state = stateOf({
  near: { address: '127.0.77.1' },
  none: { address: 'fe80::1' },
  wide: { address: '127.0.77.2', mtu: 1440 },
});

/** What runs in this process with one of these addresses. */
const running = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        const [, parent] =
          /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? [];
        const isOurs = Number(parent) === process.pid && words.includes('127.0.77.1');
        return isOurs ? [Number(name)] : [];
      } catch {
        return [];
      }
    });

const patient = { interval: 20, timeout: 15_000 };

suite('plain hosts', { needs: ['fping'] }, () => {
  let hosts: PlainHosts;
  afterEach(() => hosts.stop());
  const begin = (): string[] => {
    const changes: string[] = [];
    hosts = new PlainHosts(() => changes.push(hosts.levels), {
      ...{ every: 30, lost: 60, large: 120, again: 30 },
    });
    hosts.follow(state);
    return changes;
  };

  test('are heard where they answer, and told where nothing comes back', async () => {
    const changes = begin();
    const all = JSON.stringify({ near: 'answers', none: 'never', wide: 'answers' });
    await expect.poll(() => hosts.levels, patient).toBe(all);
    expect(changes.at(-1)).toBe(all);
    expect(hosts.samples).toMatchObject({
      near: { loss: 0, answered: 0 },
      none: { loss: 1, mute: true },
      wide: { loss: 0 },
    });
    expect(hosts.samples['wide']).not.toHaveProperty('hole');
  });

  test('are asked on when the program ends, by one program, and by none when nobody wants it', async () => {
    begin();
    await expect.poll(running, patient).toHaveLength(1);
    const [first = 0] = running();
    process.kill(first, 'SIGKILL');
    await expect.poll(() => running().filter((pid) => pid !== first), patient).toHaveLength(1);
    await expect.poll(() => hosts.levels, patient).toContain('"near":"answers"');
    hosts.follow(stateOf({}));
    await expect.poll(running, patient).toEqual([]);
    expect(hosts.samples).toEqual({});
  });
});
