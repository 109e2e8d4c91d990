import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../../tests/support/until.ts';
import { Leases } from './leases.ts';

const later = Math.ceil(Date.now() / 1_000) + 3_600;

test('leases are told once each, and again when they are renewed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-leases-'));
  const file = join(folder, 'leases');
  const told: string[] = [];
  const leases = new Leases(file, (mac, address) => told.push(`${mac} ${address}`));
  try {
    expect(told).toEqual([]);
    const lines = [
      `${later} 02:00:00:00:00:50 10.9.0.50 guest 01:02:00:00:00:00:50`,
      `1 02:00:00:00:00:51 10.9.0.51 * *`,
      'nonsense',
      'duid 00:01:00:01',
      `${later} 1234 fd09::50 * 00:03:00:01:02:00:00:00:00:50`,
    ];
    writeFileSync(file, lines.join('\n'));
    await until('the file is seen', () => told.length > 0);
    writeFileSync(file, [...lines, `0 02:00:00:00:00:52 10.9.0.52 * *`].join('\n'));
    await until('the next one, too', () => told.length > 1);
    expect(told).toEqual(['02:00:00:00:00:50 10.9.0.50', '02:00:00:00:00:52 10.9.0.52']);
  } finally {
    leases.stop();
    rmSync(folder, { recursive: true });
  }
});
