import { afterAll, beforeAll, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { type Gateway, openWorld, space } from './tables-world.ts';

const nft = '/usr/sbin/nft';
/** Lists sets later than what is new stays in them. */
const slowNft = `#!/bin/sh
case "$*" in *'list set'*) sleep 1.2 ;; esac
exec /run/real-nft "$@"
`;

suite('a gateway that is slow to look at what its kernel tells', {
  needs: ['root', 'netns', 'tun'],
}, () => {
  let a: Gateway;
  let b: Gateway;
  beforeAll(async () => {
    [a, b] = await openWorld();
  }, 90_000);
  afterAll(async () => {
    await a?.close();
    await b?.close();
  });

  test('finds whoever comes in its segment long before it looks at the whole again', async () => {
    b.do(`cp ${nft} /run/real-nft`);
    b.machine.write('/run/slow-nft', slowNft);
    b.do('chmod 755 /run/slow-nft');
    b.do(`mount --bind /run/slow-nft ${nft}`);
    for (const guest of [11, 12, 13]) {
      const address = `10.9.0.1${guest + 20}`;
      b.plugIn(`guest-${guest}`, address, `02:00:00:00:01:${guest}`);
      b.reaches(`guest-${guest}`, '10.9.0.1');
      await until(
        `the other gateway knows guest ${guest}`,
        () => a.inside(space, 'ip neigh show nud permanent').includes(`${address} `),
        15_000,
      );
    }
  });
});
