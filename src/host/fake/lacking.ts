import type { Change } from '#state';
import { hostErrors } from '../errors.ts';
import { type FakeKernel, Refusal } from './kernel.ts';

const told = {
  spaces: (namespace) => hostErrors.error('host/no-namespaces', { namespace }),
  bridges: (namespace) => hostErrors.error('host/no-bridge', { namespace }),
  vxlans: (namespace) => hostErrors.error('host/no-vxlan', { namespace }),
  veths: (namespace, device) => hostErrors.error('host/no-veth', { namespace, device }),
} as const satisfies Readonly<Record<string, (namespace: string, id: string) => Error>>;

/** What the kernel cannot make, or has nothing to make it on. @throws Refusal, host/no-... */
export function refuseLacking(kernel: FakeKernel, change: Change): void {
  const { unfiltered, lacks } = kernel;
  const { namespace, facility, kind, id } = change;
  if (facility.startsWith('nft-')) {
    if (namespace === unfiltered) throw new Refusal('Operation not permitted');
    const [family = ''] = id.split(' ');
    if (lacks === family) throw hostErrors.error('host/no-filter-family', { family, namespace });
  }
  const isLacked = facility === lacks && kind === 'add';
  if (isLacked && facility in told) throw told[facility as keyof typeof told](namespace, id);
  if (change.facility !== 'vlans' || change.kind === 'remove') return;
  const { parent: device } = change.after;
  if (!kernel.get('links', device)) throw hostErrors.error('host/no-port', { device });
}
