import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HawserError } from '#base';
import { FakeHost, FakeKernel } from '#host';
import { generateKeyPair, generatePresharedKey } from '#wireguard';
import { readBrought, secretsOf } from './brought.ts';
import { hooksOf } from './hooks.ts';

const own = generateKeyPair();
const other = generateKeyPair();
const secret = generatePresharedKey();
const kept = [own.privateKey, secret].map((one) => one.reveal());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-brought-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string): void => writeFileSync(join(folder, 'wg0.conf'), text);
const read = (kernel = new FakeKernel()) =>
  readBrought('wg0', {
    host: new FakeHost(kernel),
    run: async () => own.privateKey.reveal(),
    folder,
  });

const lines = {
  address: 'Address = 10.0.0.1/24',
  key: `PrivateKey = ${own.privateKey.reveal()}`,
  up: 'PostUp = iptables -A FORWARD -j ACCEPT',
  peer: `[Peer]\nPublicKey = ${other.publicKey}\nPresharedKey = ${secret.reveal()}\nAllowedIPs = 10.0.0.2/32`,
};
const whole = ['[Interface]', lines.address, lines.key, lines.up, lines.peer].join('\n');

test('what is up is brought along, and a file of wg-quick where nothing is', async () => {
  write(whole);
  const brought = await read();
  expect(brought).toMatchObject({ interface: 'wg0', publicKey: own.publicKey });
  expect([...secretsOf(brought).values()].map((one) => one.reveal())).toEqual([secret.reveal()]);
  expect(hooksOf('wg0', folder)).toMatchObject([{ name: 'PostUp', place: { line: 4 } }]);

  const kernel = new FakeKernel();
  const { publicKey } = own;
  const tunnel = { interface: 'wg0', bornIn: 'root', listenPort: 1, fwmark: 0, publicKey };
  kernel.put(undefined, 'tunnels', tunnel);
  expect((await read(kernel)).peers).toEqual([]);
});

test.each([
  ['nothing at all', undefined, 'agent/nothing-to-adopt'],
  ['a file without a private key', '[Interface]\nAddress = 10.0.0.1/24\n', 'agent/no-private-key'],
])('%s is no tunnel to bring along', async (_, text, code) => {
  if (text !== undefined) write(text);
  await expect(read()).rejects.toMatchObject({ code });
});

test('a device of another kind, and one that a network has, are none either', async () => {
  const kernel = new FakeKernel();
  kernel.put(undefined, 'links', { name: 'wg0', mtu: 1500, up: true });
  write(whole);
  await expect(read(kernel)).rejects.toMatchObject({ code: 'agent/nothing-to-adopt' });
  const { publicKey } = own;
  const tunnel = { interface: 'wg0', bornIn: 'root', listenPort: 1, fwmark: 0, publicKey };
  const taken = new FakeKernel();
  taken.put('net', 'tunnels', tunnel);
  await expect(read(taken)).rejects.toMatchObject({ code: 'agent/is-adopted' });
});

test('whatever the file says, it is brought along or refused with a code, and its secrets are not told', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...Object.values(lines),
      '[Interface]',
      '[Peer]',
      '#',
      '[',
      'PrivateKey =',
      '=',
    ),
    fc.string({ maxLength: 30 }),
  );
  const texts = fc.array(piece, { maxLength: 8 }).map((all) => all.join('\n'));
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      write(text);
      const said = await read().catch((error: unknown) => error);
      if (said instanceof Error && !(said instanceof HawserError)) throw said;
      const told =
        said instanceof HawserError ? `${said.message} ${said.fix}` : JSON.stringify(said);
      for (const one of kept) expect(told).not.toContain(one);
    }),
    { numRuns: 200 },
  );
});
