import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEndpoint, parseEndpoint } from './endpoint.ts';

const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
);

test('every address or domain with a port is read, and its text reads back the same', () => {
  fc.assert(
    fc.property(host, fc.integer({ min: 1, max: 65535 }), (name, port) => {
      const endpoint = parseEndpoint(`${name}:${port}`);
      expect(endpoint.port).toBe(port);
      expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
    }),
  );
});

test('no text is read as something that would be written otherwise', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const endpoint = parseEndpoint(text);
        expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
      } catch (error) {
        expect(error).toHaveProperty('code', expect.stringMatching(/^ip\/endpoint-/));
      }
    }),
  );
});
