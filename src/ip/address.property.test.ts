import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { Address4, Address6 } from 'ip-address';
import { expect, test } from 'vitest';
import { HawserError } from '#base';
import { Address } from './address.ts';
import { addresses, addressesOf } from './arbitraries.ts';

/** Texts made of the characters of addresses, and addresses with one character changed. */
const nearMisses = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abF:.x'.split('')), maxLength: 20 }),
  fc
    .array(fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', '0x1')), {
      maxLength: 6,
    })
    .map((octets) => octets.join('.')),
  fc
    .array(fc.constantFrom('0', '1', 'Ff', '00a', 'fffe', '12345', '', ':', '1.2.3.4', 'g'), {
      maxLength: 10,
    })
    .map((groups) => groups.join(':')),
  fc
    .tuple(addresses, fc.nat(40), fc.constantFrom('', ...'0:.fG/ '.split('')))
    .map(([address, at, insert]) => {
      const text = address.toString();
      return text.slice(0, at) + insert + text.slice(at + 1);
    }),
);

const rank = ({ family, value }: Address): bigint =>
  BigInt(value) + (family === 6 ? 1n << 32n : 0n);

const runs = { numRuns: 5000 };

test('what Node takes for an address is one, and nothing else', () => {
  fc.assert(
    fc.property(nearMisses, (text) => {
      const family = isIPv4(text) ? 4 : isIPv6(text) ? 6 : undefined;
      expect(Address.tryParse(text)?.family).toBe(family);
    }),
    runs,
  );
});

test('what is refused is refused with an error that says why', () => {
  fc.assert(
    fc.property(fc.oneof(nearMisses, fc.string()), (text) => {
      if (Address.tryParse(text)) return;
      let error: unknown;
      try {
        Address.parse(text);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(HawserError);
      expect((error as HawserError).code).toMatch(/^ip\//);
    }),
    runs,
  );
});

test('the number of an IPv4 address is the one ip-address finds', () => {
  fc.assert(
    fc.property(addressesOf(4), (address) => {
      const other = new Address4(address.toString());
      expect(other.bigInt()).toBe(BigInt(address.value));
      expect(Address4.fromBigInt(BigInt(address.value)).correctForm()).toBe(address.toString());
    }),
    runs,
  );
});

test('the number and the RFC 5952 text of an IPv6 address are those of ip-address', () => {
  fc.assert(
    fc.property(addressesOf(6), (address) => {
      const other = Address6.fromBigInt(address.value as bigint);
      expect(Address.parse(other.canonicalForm()).value).toBe(address.value);
      fc.pre((address.value as bigint) >> 32n !== 0xffffn);
      expect(address.toString()).toBe(other.correctForm());
    }),
    runs,
  );
});

test('IPv4-mapped addresses are written as the C library writes them', () => {
  fc.assert(
    fc.property(addressesOf(4), ({ value }) => {
      const mapped = Address.of(6, (0xffffn << 32n) | BigInt(value));
      const other = new SocketAddress({ address: mapped.toString(), family: 'ipv6' });
      expect(mapped.toString()).toBe(other.address);
    }),
  );
});

test('an address read from its own text, in any case, is the same address', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const text = address.toString();
      expect(Address.parse(text).equals(address)).toBe(true);
      expect(Address.parse(text.toUpperCase()).equals(address)).toBe(true);
    }),
    runs,
  );
});

test('next and previous undo each other and keep the order', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const next = address.next();
      if (!next) return;
      expect(next.compare(address)).toBeGreaterThan(0);
      expect(next.previous()?.equals(address)).toBe(true);
    }),
  );
});

test('the order of addresses is the order of their numbers, IPv4 first', () => {
  fc.assert(
    fc.property(addresses, addresses, (a, b) => {
      const expected = rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
      expect(Math.sign(a.compare(b))).toBe(expected);
      expect(a.equals(b)).toBe(expected === 0);
    }),
  );
});
