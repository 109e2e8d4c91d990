import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, openWorld, routed, router, space } from '../agent/tables-world.ts';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { opened } from './opened.ts';

suite('hawser support on the gateway of a segment with a router', {
  needs: ['root', 'netns', 'tun'],
}, () => {
  let gateways: readonly Gateway[] = [];
  let files: ReadonlyMap<string, string>;
  const key = randomBytes(32).toString('base64');

  beforeAll(async () => {
    gateways = await openWorld(routed);
    const [a] = gateways;
    if (!a) throw new Error('there is no gateway');
    const isThere = (at: string): boolean => a.inside(at, 'nft list tables').includes('hawser-net');
    await until('segment and router are there', () => isThere(space) && isThere(router));
    for (const at of [space, router]) {
      const stray = `table inet noted { comment "a stray ${key}"; }`;
      a.box.run(['ip', 'netns', 'exec', at, 'nft', '-f', '-'], { input: stray });
    }
    a.machine.must('support', '/run/spaces.tar.gz', '--no-server');
    files = opened(a.machine, '/run/spaces.tar.gz');
  }, 90_000);

  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
  });

  const of = (at: string, file: string): string => files.get(`namespaces/${at}/${file}`) ?? '';

  test('packs what is in their namespaces, too', () => {
    expect(of(space, 'nft.txt')).toContain('table bridge hawser-net');
    expect(of(space, 'links.txt')).toMatch(/vxlan.*master bridge/);
    expect(of(space, 'bridge.txt')).toContain('02:00:00:00:00:02 dev vxlan dst 10.0.0.2');
    expect(of(router, 'nft.txt')).toContain('table inet hawser-net');
    expect(of(router, 'routes-4.txt')).toContain('10.254.0.1 via 10.5.0.1');
    expect(files.get('index.txt')).toContain(`(\`nft list ruleset\` in ${space})`);
  });

  test('leaves secrets out of it as out of all else', () => {
    for (const at of [space, router]) expect(of(at, 'nft.txt')).toContain('table inet noted');
    for (const [name, text] of files) expect(text, name).not.toContain(key);
  });
});
