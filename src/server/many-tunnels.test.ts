import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TunnelsStatus } from '#api';
import { bundle } from '../../tests/support/hawser.ts';
import { suite } from '../../tests/support/suite.ts';
import { TestServer } from './fixtures/server.ts';
import { gatewayOf, mesh, tunnelsOfMesh } from './fixtures/testing-mesh.ts';

/** Two of whose tunnel an answer with all of them has no room for. */
const last = [gatewayOf(141), gatewayOf(142)] as const;

suite('of more tunnels than a list has room for', { needs: [] }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
    await mesh(server);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });

  /** What this checkout's program prints about the mesh. */
  async function hawser(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, HAWSER_TOKEN: server.admin };
    const argv = [bundle, ...args, '--network', 'mesh'];
    const { stdout } = await promisify(execFile)(process.execPath, argv, {
      ...{ env, maxBuffer: 64e6 },
    });
    return stdout;
  }

  test('the command line says how many it does not list, and lists each by its machines', async () => {
    const lines = (await hawser('tunnels')).trim().split('\n');
    expect(lines[0]).toBe(`mesh: ${tunnelsOfMesh} tunnels: ${tunnelsOfMesh} never`);
    expect(lines.at(-1)).toMatch(/^not listed, as there are too many: 11 never; `hawser tunnels M/);
    expect(lines.filter((line) => line.startsWith('never '))).toHaveLength(10_000);
    const own = await hawser('tunnels', last[1]);
    expect(own.match(/^never /gm)).toHaveLength(141);
    expect(own).not.toContain('not listed');
    const between = JSON.parse(await hawser('tunnels', ...last, '--json')) as TunnelsStatus;
    expect(between.tunnels.map(({ ends }) => ends.map(({ machine }) => machine))).toEqual([last]);
    const all = JSON.parse(await hawser('tunnels', '--json')) as TunnelsStatus;
    expect([all.counts, all.leftOut]).toEqual([{ never: tunnelsOfMesh }, { never: 11 }]);
  });
});
