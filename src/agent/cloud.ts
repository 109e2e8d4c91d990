import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the firmware of a machine says of it (Linux, `drivers/firmware/dmi-id.c`). */
const folder = '/sys/class/dmi/id';

/** What Nova calls its instances there, and clouds made of it (cloud-init, datasource OpenStack). */
const products = ['OpenStack Nova', 'OpenStack Compute'];
const tags = [...products, 'OpenTelekomCloud', 'HUAWEICLOUD', 'SAP CCloud VM'];

function read(file: string, from: string): string {
  try {
    return readFileSync(join(from, file), 'utf8').trim();
  } catch {
    // No firmware says anything, as on many machines that are not x86.
    return '';
  }
}

/** The cloud that this machine is an instance of; undefined: none, or one that makes no difference. */
export function cloudHere(from = folder): string | undefined {
  const isOpenStack =
    products.includes(read('product_name', from)) || tags.includes(read('chassis_asset_tag', from));
  return isOpenStack ? 'openstack' : undefined;
}
