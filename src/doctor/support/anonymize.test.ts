import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Address, Prefix } from '#ip';
import { anonymizer } from './anonymize.ts';

const names = {
  machine: ['alice', 'hub', 'alice-laptop', 'b'],
  network: ['home'],
  host: ['hub.example.org'],
  person: ['ann'],
  rule: ['web'],
};
const make = (seed = 'x') => anonymizer(names, Buffer.from(seed.padEnd(32)));

describe('an anonymous text', () => {
  const text =
    'alice (10.77.0.2/32, fd00::2) of hw-home: hub.example.org:51820 is hub, alice-laptop is Alice-Laptop; ann@example.org';

  test('has no name and no address, equal ones by equal ones', () => {
    const said = make()(text);
    expect(said).not.toMatch(/alice|hub|home|ann|example|10\.77|fd00/i);
    const [, laptop, again] = /is (machine-\d), (machine-\d) is (machine-\d)/.exec(said) ?? [];
    expect(laptop).not.toBe(again);
    expect(/(machine-\d) is \1; mail-1$/.test(said)).toBe(true);
    expect(said).toContain('of hw-network-1:');
    expect(make('y')(text)).not.toBe(said);
  });

  test('keeps what is nobody in particular', () => {
    const general =
      'wg 1.0.20210914, 0.0.0.0/0, 127.0.0.1, ::1, ::, 6.1.0-25, 12:30:45, chunk b, housing';
    expect(make()(general)).toBe(general);
  });

  test('is still JSON where it was', () => {
    const value = { name: 'alice', at: ['10.0.0.1'], key: `${'A'.repeat(43)}=` };
    const said = JSON.parse(make()(JSON.stringify(value))) as Record<string, unknown>;
    expect(said).toMatchObject({ name: 'machine-1', key: 'key-1' });
  });

  test('has addresses that lie in each other as they did', () => {
    const anonymize = make();
    const some = fc.integer({ min: 0x0a000000, max: 0x0affffff });
    fc.assert(
      fc.property(some, some, fc.integer({ min: 8, max: 32 }), (one, other, length) => {
        const [a, b] = [Address.of(4, one), Address.of(4, other)];
        const prefix = Prefix.of(a, length);
        const made = Prefix.parse(anonymize(prefix.toString()));
        expect(made.length).toBe(length);
        expect(made.contains(Address.parse(anonymize(b.toString())))).toBe(prefix.contains(b));
        expect(made.contains(Address.parse(anonymize(a.toString())))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
