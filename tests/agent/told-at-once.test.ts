import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { file, type Gateway, openWorld, space } from './tables-world.ts';
import { type Element, Teller } from './teller.ts';

/** ms: far from the 30 s after which all is looked at whatever happens, even where others work beside it. */
const soon = 15_000;

/** So many that to listen while they are written would take longer than to look afterwards. */
const many = 8_000;

const bytesOf = (n: number): readonly [number, number] => [n >> 8, n & 255];
const macOf = (n: number): string =>
  `02:00:00:02:${bytesOf(n)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':')}`;
const addressOf = (n: number): string => `10.9.${bytesOf(n + 1_024).join('.')}`;

/** The machines with these numbers, up to the second. */
const machines = (from: number, to: number): readonly Element[] =>
  Array.from({ length: to - from }, (_, n): readonly Element[] => [
    [macOf(from + n), macOf(from + n), 0],
    [addressOf(from + n), macOf(from + n), 0],
  ]).flat();

suite('a gateway that another one tells of many machines at once', {
  needs: ['root', 'netns', 'tun'],
}, () => {
  let a: Gateway;
  let b: Gateway;
  let teller: Teller;

  beforeAll(async () => {
    [a, b] = await openWorld(file.replaceAll('10.9.0.0/24', '10.9.0.0/16'));
    await until('they reach each other', () => a.reaches('knox-1', '10.9.0.129'), 30_000);
    teller = await Teller.open(b);
    await teller.tellAll([]);
    await until('its agent listens inside', () => monitors().length === 2);
  }, 90_000);

  afterAll(async () => {
    teller?.close();
    await a?.close();
    await b?.close();
  });

  /** Processes by which its agent listens in the namespace. */
  function monitors(): readonly string[] {
    const inside = new Set(a.do(`ip netns pids ${space}`).split('\n'));
    return a
      .do('ps -eo pid,args')
      .split('\n')
      .map((line) => /^ *(\d+) (?:ip -o monitor label|nft monitor ruleset)/.exec(line)?.[1] ?? '')
      .filter((pid) => pid !== '' && inside.has(pid));
  }

  const knows = (n: number): boolean =>
    a.inside(space, `ip neigh show ${addressOf(n)}`).includes(macOf(n));

  const border = (): string => a.inside(space, 'nft -s list chain bridge hawser-net forward');

  const isComplete = (): boolean =>
    a.machine.must('agent', 'status', '--json').includes('"complete": true');

  async function rested(): Promise<void> {
    await until('it listens', () => monitors().length === 2);
    await until('nothing is left to do', isComplete);
  }

  /** It looked at all just now, since of neighbours that somebody deletes nobody is told: the next time is far. */
  async function looked(): Promise<void> {
    const shows = (): string => a.inside(space, 'ip neigh show 10.9.0.129');
    const whole = shows();
    // What it did before may be looked at still.
    for (const _ of [1, 2]) {
      a.inside(space, 'ip neigh del 10.9.0.129 dev bridge');
      await until('it looked at all', () => shows() === whole, 60_000);
    }
  }

  async function tellAll(count: number): Promise<void> {
    await teller.tellAll(machines(0, count));
    await until('the kernel knows the last', () => (count > 0 ? knows(count - 1) : !knows(0)));
  }

  test('goes on listening where it is told of few', async () => {
    await rested();
    const before = monitors();
    await tellAll(100);
    await teller.tellMore(machines(100, 101));
    await until('the kernel knows one more', () => knows(100));
    expect(monitors()).toEqual(before);
  });

  test('does not listen to all that it writes itself', async () => {
    await rested();
    const before = monitors();
    await tellAll(many);
    await until('it listens anew', () => monitors().length === 2);
    expect(monitors().filter((one) => before.includes(one))).toEqual([]);
  });

  describe('puts back what somebody changes', () => {
    test('when all of that is written', async () => {
      await rested();
      const whole = border();
      a.inside(space, 'nft flush chain bridge hawser-net forward');
      await until('it is put back', () => border() === whole, soon);
      a.inside(space, `bridge fdb del ${macOf(7)} dev vxlan self`);
      const shows = (): string => a.inside(space, `bridge fdb show dev vxlan`);
      await until('the entry too', () => shows().includes(`${macOf(7)} dst 10.0.0.2`), soon);
    });

    test('while that is written', async () => {
      await tellAll(0);
      await rested();
      await looked();
      const whole = border();
      const entry = `bridge fdb show dev vxlan | grep -q ${macOf(0)}`;
      const breaks = 'nft flush chain bridge hawser-net forward && echo broken';
      const last = `ip neigh show ${addressOf(many - 1)} | grep -q lladdr && echo too late`;
      const script = `echo looks; until ${entry}; do :; done; ${breaks}; ${last}; echo done`;
      const stranger = a.box.start(['ip', 'netns', 'exec', space, 'sh', '-c', script]);
      await until('it looks', () => stranger.output().includes('looks'));
      await tellAll(many);
      await until('it was changed', () => stranger.output().includes('done'));
      expect(stranger.output()).toBe('looks\nbroken\ndone\n');
      await until('it is put back', () => border() === whole, soon);
    }, 150_000);
  });
});
