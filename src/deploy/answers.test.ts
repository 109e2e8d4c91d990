import { expect, test } from 'vitest';
import { joinedIn, peersIn } from './answers.ts';

test('of what a machine answers only what our program would say is believed', () => {
  const error = { code: 'a/b', severity: 'error', message: 'says', fix: 'do', more: 1 };
  expect(joinedIn(JSON.stringify({ errors: [error], networks: [] }))?.errors).toEqual([error]);
  expect(joinedIn('{}')).toEqual({});
  for (const text of [
    '',
    'null',
    '[]',
    '{"errors":1}',
    '{"failures":[null]}',
    '{"pending":"no"}',
  ]) {
    expect(joinedIn(text), text).toBeUndefined();
  }
  const shown = { network: 'net', peers: [{ name: 'hub', interface: 'wg0', handshake: 1.5 }] };
  expect(peersIn(JSON.stringify(shown))?.peers).toEqual(shown.peers);
  for (const text of ['{}', 'null', '{"peers":{}}', '{"peers":[1]}', '{"peers":[{"name":7}]}']) {
    expect(peersIn(text), text).toBeUndefined();
  }
});
