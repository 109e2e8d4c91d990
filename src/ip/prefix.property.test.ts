import fc from 'fast-check';
import { Address4, Address6 } from 'ip-address';
import { expect, test } from 'vitest';
import { addresses, addressesOf, families, prefixes, prefixesIn } from './arbitraries.ts';
import { bitsOf, type Family } from './family.ts';
import { Prefix } from './prefix.ts';

const other = (family: Family, text: string): Address4 | Address6 =>
  family === 4 ? new Address4(text) : new Address6(text);

test('first, last and membership are those of ip-address', () => {
  const pairs = families.chain((family) => fc.tuple(prefixesIn(family), addressesOf(family)));
  fc.assert(
    fc.property(pairs, ([prefix, address]) => {
      const oracle = other(prefix.family, prefix.toString());
      expect(BigInt(prefix.low)).toBe(oracle.startAddress().bigInt());
      expect(BigInt(prefix.high)).toBe(oracle.endAddress().bigInt());
      for (const one of [address, prefix.first, prefix.last]) {
        const within = other(one.family, one.toString()).isInSubnet(oracle);
        expect(prefix.contains(one)).toBe(within);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a prefix read from its own text is the same prefix', () => {
  fc.assert(
    fc.property(prefixes, (prefix) => {
      expect(Prefix.parse(prefix.toString()).equals(prefix)).toBe(true);
    }),
  );
});

test('an address with host bits is refused, and its network read', () => {
  const inputs = addresses.chain((address) =>
    fc.tuple(fc.constant(address), fc.nat(bitsOf(address.family))),
  );
  fc.assert(
    fc.property(inputs, ([address, length]) => {
      const network = Prefix.of(address, length);
      const parsed = Prefix.tryParse(`${address}/${length}`);
      expect(parsed === undefined).toBe(!network.first.equals(address));
      expect(Prefix.parse(`${network.first}/${length}`).equals(network)).toBe(true);
      expect(network.contains(address)).toBe(true);
    }),
  );
});

test('two prefixes overlap only if one contains the other', () => {
  const pairs = families.chain((family) => fc.tuple(prefixesIn(family), prefixesIn(family)));
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      expect(a.overlaps(b)).toBe(a.contains(b) || b.contains(a));
      expect(a.contains(b) && b.contains(a)).toBe(a.equals(b));
    }),
  );
});

test('the halves of a prefix are disjoint, adjacent and all of it', () => {
  fc.assert(
    fc.property(prefixes, (prefix) => {
      const halves = prefix.halves();
      expect(halves === undefined).toBe(prefix.isSingle);
      if (!halves) return;
      const [lower, upper] = halves;
      expect(lower.first.equals(prefix.first)).toBe(true);
      expect(upper.last.equals(prefix.last)).toBe(true);
      expect(lower.last.next()?.equals(upper.first)).toBe(true);
      expect([...prefix.subnets(prefix.length + 1)].map(String)).toEqual(halves.map(String));
    }),
  );
});
