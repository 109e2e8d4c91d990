import type { Router } from '#spec';
import type { Namespace } from '#state';

/** On one of our own devices, by its name. */
const isOn =
  (devices: readonly string[]) =>
  ({ device }: { readonly device?: unknown }): boolean =>
    typeof device === 'string' && devices.includes(device);

/**
 * What lies on tunnels, added to the router of others in which they live: nothing is said of its own devices, which
 * forward already, and of its settings. The resolver and the hosts file would be of use to nobody there.
 */
export function insideRouter(
  router: Router,
  devices: readonly string[],
  { links, addresses, routes, sysctls, forwarding, nft }: Namespace,
): Namespace {
  const isOurs = isOn(devices);
  const ours = sysctls?.items.filter(isOurs) ?? [];
  return {
    external: { v: 1, items: [{ router: router.name }] },
    ...(links && { links }),
    ...(addresses && { addresses }),
    ...(routes && { routes }),
    ...(ours.length > 0 && { sysctls: { v: 1, items: ours } }),
    ...(forwarding && { forwarding: { ...forwarding, items: forwarding.items.filter(isOurs) } }),
    ...(nft && { nft }),
  };
}
