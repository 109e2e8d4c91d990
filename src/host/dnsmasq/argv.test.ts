import { expect, test } from 'vitest';
import { itemOf, resolverArgv } from './argv.ts';

const places = { tables: '/run/t', pid: '/run/p' };

test.each([[[]], [['192.0.2.53', '2001:db8::53']]])(
  'the command line of a resolver says all that it is; forwarding to %j',
  (forward) => {
    const item = {
      name: 'resolver',
      listen: ['10.0.0.1', 'fd00::1'],
      zones: ['net.internal', '0.0.10.in-addr.arpa'],
      forward,
    };
    expect(itemOf('resolver', resolverArgv(item, places))).toEqual(item);
  },
);
