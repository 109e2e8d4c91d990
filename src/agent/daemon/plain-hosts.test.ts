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

/** As many as a hub asks of 133 sites, all of which answer. */
const crowd = Object.fromEntries(
  Array.from({ length: 400 }, (_, index) => [
    `host-${index}`,
    { address: `127.0.${80 + Math.floor(index / 200)}.${1 + (index % 200)}`, mtu: 1440 },
  ]),
);

/** The programs of this process that ask an address, each with its words. */
const asking = (address: string): ReadonlyMap<number, readonly string[]> =>
  new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
          const [, parent] =
            /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? [];
          const isOurs = Number(parent) === process.pid && words.includes(address);
          return isOurs ? [[Number(name), words] as const] : [];
        } catch {
          return [];
        }
      }),
  );
const running = (): readonly number[] => [...asking('127.0.77.1').keys()];

/** ms between two questions to an address, as its program was told. */
const periodOf = (address: string): readonly number[] =>
  [...asking(address).values()].map((words) => Number(words[words.indexOf('-p') + 1]));

/** Three questions to somebody whom nobody reaches are given up after 4 s each in one of these. */
const patient = { interval: 20, timeout: 45_000 };

suite('plain hosts', { needs: ['fping'] }, () => {
  let hosts: PlainHosts;
  afterEach(() => hosts.stop());
  const begin = (): string[] => {
    const changes: string[] = [];
    hosts = new PlainHosts(() => changes.push(hosts.levels), {
      ...{ every: 30, each: 2, lost: 60, large: 120, again: 30 },
    });
    hosts.follow(state);
    return changes;
  };

  test('are heard where they answer, and told where nothing comes back', async () => {
    const changes = begin();
    const all = JSON.stringify({ near: 'answers', none: 'never', wide: 'answers' });
    await expect.poll(() => hosts.levels, patient).toBe(all);
    expect(changes.at(-1)).toBe(all);
    // An answer is late at times on a machine with much else to do.
    await expect
      .poll(() => hosts.samples, patient)
      .toMatchObject({
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

  test('of many that answer none is called silent, nor is a packet lost', async () => {
    const changes: string[] = [];
    hosts = new PlainHosts(() => changes.push(hosts.levels), {
      // No answer is late on a machine with much else to do: what is lost here was lost by asking so many.
      ...{ every: 500, each: 2, lost: 4_000, large: 600_000, again: 30 },
    });
    // By what nobody can send to it is known that some rounds are over.
    const near = { address: '127.0.77.1' };
    hosts.follow(stateOf({ ...crowd, near, none: { address: 'fe80::1', mtu: 1440 } }));
    await expect.poll(() => hosts.levels.includes('"none":"never"'), patient).toBe(true);
    const all = ['near', ...Object.keys(crowd)].map((name) => [name, 'answers'] as const);
    expect(JSON.parse(hosts.levels)).toEqual({ ...Object.fromEntries(all), none: 'never' });
    const { none: _, ...samples } = hosts.samples;
    expect(Object.entries(samples).filter(([, { loss }]) => loss > 0)).toEqual([]);
    expect(changes.filter((levels) => /"(?:mute|hole)"|"host-\d+":"never"/.test(levels))).toEqual(
      [],
    );
    // Others ask its own hosts as well, and may have few: it is no slower than they are.
    expect(periodOf('127.0.77.1')).toEqual([500]);
    expect(periodOf('127.0.80.1')).toEqual([802]);
  });
});
