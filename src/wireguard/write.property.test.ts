import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyConfig } from '../../tests/support/wireguard.ts';
import type { WireguardConfig } from './config.ts';
import { parseConfig } from './read.ts';
import { formatConfig } from './write.ts';

/** Everything, the secrets too, in a form that can be compared. */
const plain = ({ interface: own, peers }: WireguardConfig) => ({
  own: { ...own, privateKey: own.privateKey?.reveal() },
  peers: peers.map((one) => ({ ...one, presharedKey: one.presharedKey?.reveal() })),
});

const hook = fc
  .string({ unit: 'grapheme-ascii', minLength: 1 })
  .map((text) => text.replaceAll('#', '').trim())
  .filter((text) => text !== '');

const quickConfig: fc.Arbitrary<WireguardConfig> = fc
  .tuple(
    anyConfig,
    fc.record({
      dns: fc.array(fc.oneof(fc.ipV4(), fc.domain())),
      preUp: fc.array(hook),
      postUp: fc.array(hook),
      preDown: fc.array(hook),
      postDown: fc.array(hook),
      saveConfig: fc.boolean(),
      table: fc.constantFrom('off', 'auto', '51820'),
      mtu: fc.integer({ min: 68, max: 65535 }),
    }),
  )
  .map(([config, quick]) => ({ ...config, interface: { ...config.interface, ...quick } }));

test('what is written reads back as the same configuration', () => {
  fc.assert(
    fc.property(quickConfig, (config) => {
      expect(plain(parseConfig(formatConfig(config)))).toEqual(plain(config));
    }),
  );
});

test('any text is read or refused with a code and a place', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('[Interface]', '[Peer]', 'AllowedIPs = ::/0', 'Endpoint = a:1', 'MTU = 1280'),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parseConfig(lines.join('\n'));
      } catch (error) {
        expect(error).toMatchObject({
          code: expect.stringMatching(/^wireguard\//) as unknown,
          place: { file: 'wireguard.conf' },
        });
      }
    }),
  );
});
