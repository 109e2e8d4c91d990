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
