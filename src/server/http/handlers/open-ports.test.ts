import { expect, test } from 'vitest';
import type { TraceResult } from '#api';
import { firstOpen, openPorts } from './open-ports.ts';

/** A policy that lets these pass, and no other port. */
const policy = (...open: readonly number[]) => {
  const asked: number[] = [];
  const traceBy = async (port: number): Promise<TraceResult> => {
    asked.push(port);
    const verdict = open.includes(port) ? 'allow' : 'deny';
    return { from: 'a', to: 'b', reason: 'no rule', verdict } as TraceResult;
  };
  return { asked, traceBy };
};

const all = async (ports: AsyncIterable<{ readonly port: number }>): Promise<readonly number[]> => {
  const found: number[] = [];
  for await (const { port } of ports) found.push(port);
  return found;
};

test('after a port that is taken comes the next that may pass, and none that may not', async () => {
  const { asked, traceBy } = policy(22, 443, 444, 8000);
  const found = await all(openPorts([14_792, 22, 443, 8000], traceBy));
  expect(found).toEqual([22, 443, 444, 8000]);
  expect(asked).toEqual([14_792, 22, 23, 443, 444, 445, 8000, 8001]);
  const wide = Array.from({ length: 100 }, (_, index) => 65_436 + index);
  expect(await all(openPorts([65_530, 65_436], policy(...wide).traceBy))).toEqual([
    ...[65_530, 65_531, 65_532, 65_533, 65_534, 65_535],
    ...wide.slice(0, 8),
  ]);
});

test('where none may pass, it is said why', async () => {
  expect(await firstOpen([14_792, 22], policy(22).traceBy)).toMatchObject({ port: 22 });
  await expect(firstOpen([14_792, 22], policy(443).traceBy)).rejects.toMatchObject({
    code: 'server/benchmark-closed',
    message: expect.stringContaining('no rule'),
  });
});
