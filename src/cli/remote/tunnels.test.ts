import { expect, test } from 'vitest';
import type { TunnelEnd, TunnelsStatus } from '#api';
import { tunnelsText } from './tunnels.ts';

const status = (behind: TunnelEnd['behind']): TunnelsStatus => ({
  ...{ network: 'net', revision: { epoch: 'e', number: 1 }, counts: { up: 1 } },
  tunnels: [
    {
      ...{ state: 'up', why: 'a heard b' },
      ends: [
        { machine: 'a', tells: true },
        { machine: 'b', tells: true, ...(behind && { behind }) },
      ],
    },
  ],
});

test('gateways behind which there is nobody to ask are marked as such, and no others', () => {
  expect(tunnelsText(status({}))).toMatch(/\ngateway only, with nothing behind it to be asked: b$/);
  for (const behind of [undefined, { pc: { through: { loss: 0, answered: 1 } } }]) {
    expect(tunnelsText(status(behind))).not.toContain('gateway only');
  }
});

test('those that are not listed are counted by their state, with how one sees them', () => {
  const last = tunnelsText({
    ...status(undefined),
    counts: { down: 2, up: 12 },
    leftOut: { down: 1, up: 11 },
  })
    .split('\n')
    .at(-1);
  expect(last).toBe(
    'not listed, as there are too many: 1 down, 11 up; `hawser tunnels MACHINE` lists those of one machine, `hawser tunnels MACHINE OTHER` the one between two',
  );
  expect(tunnelsText(status(undefined))).not.toContain('not listed');
});
