import { expect, test } from 'vitest';
import { generateKeyPair } from '#wireguard';
import { Machine } from './fixtures/machine.ts';
import { TestServer } from './fixtures/server.ts';

const newKey = (): string => generateKeyPair().publicKey;

test('the key of who runs no agent is told by who makes its file, and by nobody who knows an older one', async () => {
  await using server = await TestServer.start();
  const { files, entry, revision } = await server.call('pull', {});
  const text = (files[entry] ?? '').replace(
    /members:\s*\{/,
    'members: { phone: { managed: false }',
  );
  await server.call('apply', {}, { entry, files: { [entry]: text }, base: revision });
  const give = (machine: string, publicKey: string, instead?: string) =>
    server.call('giveKey', { machine }, { publicKey, ...(instead !== undefined && { instead }) });
  const [first, second] = [newKey(), newKey()];
  await give('phone', first);
  await give('phone', first);
  await expect(give('phone', second)).rejects.toThrow('server/key-moved');
  await give('phone', second, first);
  await expect(give('hub', newKey())).rejects.toThrow('server/key-made-there');
  await expect(give('nobody', newKey())).rejects.toThrow('api/not-found');
  const given = (await server.call('audit', {})).filter(({ action }) => action === 'give-key');
  expect(given.map(({ detail }) => detail)).toEqual([
    { machine: 'phone', publicKey: first },
    { machine: 'phone', publicKey: second },
  ]);
  // One for the file and one for each key: who takes the last key back keeps what was applied before it.
  const anna = await server.enrol(new Machine('anna'));
  expect(await anna.next('state')).toMatchObject({ act: 3 });
});
