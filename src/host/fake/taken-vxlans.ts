import type { Diagnostic } from '#base';
import type { Change } from '#state';
import { hostErrors } from '../errors.ts';
import { wishesOf } from '../pick.ts';
import type { FakeKernel } from './kernel.ts';

/** VXLAN devices of other networks that have the port or the VNI of one that is wished. */
export function takenVxlans(
  { spaces }: FakeKernel,
  network: string,
  changes: readonly Change[],
): readonly Diagnostic[] {
  const others = [...spaces.values()]
    .filter((space) => space.network !== network)
    .flatMap(({ kernel }) => kernel.of('vxlans').map(({ item }) => item));
  return wishesOf(changes, 'vxlans').flatMap(({ item: { vni, port }, before }) => {
    if (before?.vni === vni && before.port === port) return [];
    const other = others.find((one) => one.port === port || one.vni === vni);
    if (!other) return [];
    const what = other.port === port ? `UDP port ${port}` : `VNI ${vni}`;
    const args = { network, what, holder: 'something else' };
    return [hostErrors.diagnostic('host/vxlan-taken', args)];
  });
}
