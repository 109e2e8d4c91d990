import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs } from './labs.ts';

suite('what is wrong in a lab', { needs: ['netns', 'tun'] }, () => {
  test('is told by its cause, once, and as soon as it is known', () => {
    using labs = new Labs();
    expect(labs.proof('up', 'examples/hybrid-cloud.yaml', '--direct').mismatches).toEqual([]);

    labs.must('cut', 'giessen');
    const cut = labs.proof('prove');
    expect(cut.mismatches.length).toBeGreaterThan(60);
    expect(cut.causes).toEqual([
      {
        cause: 'giessen is cut off',
        mismatches: cut.mismatches.length,
        text: expect.stringContaining('64 flows between bielefeld and giessen did not arrive'),
      },
    ]);
    expect(labs.proof('ping').causes.map(({ cause }) => cause)).toEqual(['giessen is cut off']);
    const { out } = labs.run('ping');
    const told = out.split('\n').filter((line) => line.includes('!'));
    expect(told).toHaveLength(1);
    // What is counted is what is told: flows, and counters that lacked refusals.
    const [, count] = /verdict +(\d+) mismatches/.exec(out) ?? [];
    const [, flows, counters] =
      /! (\d+) flows .*, (\d+) counters lacked \d+/.exec(told[0] ?? '') ?? [];
    expect(Number(flows) + Number(counters)).toBe(Number(count));
    labs.must('heal');

    labs.on('vpn', 'ip', 'link', 'del', 'wg0');
    const deleted = labs.proof('prove');
    expect(deleted.causes.map(({ cause }) => cause)).toEqual(['vpn has no device wg0']);
    labs.must('reconcile', 'vpn');
    expect(labs.proof('prove').causes).toEqual([]);

    for (const peer of labs.on('vpn', 'wg', 'show', 'wg0', 'peers').out.trim().split('\n')) {
      labs.on('vpn', 'wg', 'set', 'wg0', 'peer', peer, 'remove');
    }
    const forgotten = labs.proof('prove');
    expect(forgotten.causes.map(({ cause }) => cause)).toEqual(['vpn has no peer master']);

    // Waiting for handshakes that cannot come took half a minute, asking again as long.
    for (const { seconds } of [cut, deleted, forgotten]) expect(seconds).toBeLessThan(20);
  });
});
