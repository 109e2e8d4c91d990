import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cloudHere } from './cloud.ts';

test.each([
  ['an instance of Nova', { product_name: 'OpenStack Nova' }, 'openstack'],
  ['one of Red Hat’s', { product_name: 'OpenStack Compute' }, 'openstack'],
  ['one whose cloud is made of it', { chassis_asset_tag: 'OpenTelekomCloud' }, 'openstack'],
  ['a machine of its own', { product_name: 'PowerEdge R740', chassis_asset_tag: '' }, undefined],
  ['one whose firmware says nothing', {}, undefined],
])('%s is known by its firmware', (_, files, cloud) => {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-dmi-'));
  try {
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), `${text}\n`);
    expect(cloudHere(folder)).toBe(cloud);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
