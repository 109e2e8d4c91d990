import type { Address, Family, Prefix } from '#ip';
import type { Network, Router } from '#spec';
import type { Draft, NsDraft } from './draft.ts';
import { externalPrefix, type Target } from './plan.ts';
import { usable } from './space.ts';

const ethernetMtu = 1500;

/** What is outside behind each router: those on its list, and somebody who is not. */
export function addOutside(draft: Draft, network: Network): void {
  for (const [index, router] of network.routers.entries()) {
    if (router.segments.length === 0) continue;
    const site = network.sites.find(({ name }) => name === router.site);
    const gateway = draft.find(site?.gateways[0]?.name ?? '');
    if (!gateway) continue;
    const { external } = router;
    const way =
      external === undefined ? gateway : draft.namespace(`${externalPrefix}${external}`, true);
    addWorld(draft, network, router, { gateway, way, device: `outside${index}` });
  }
}

/** From where the outside is reached: the gateway itself, or a router of others on it. */
interface Way {
  readonly gateway: NsDraft;
  readonly way: NsDraft;
  readonly device: string;
}

/** One machine stands for all of them, on a cable to the gateway. That this forwards is for who runs it to say. */
function addWorld(
  draft: Draft,
  network: Network,
  router: Router,
  { gateway, way, device }: Way,
): void {
  const world = draft.namespace(`outside.${router.name}`);
  const targets = targetsOf(draft, router);
  const addresses = targets.map(({ address }) => address);
  draft.cable(
    { namespace: way.name, device },
    { namespace: world.name, device: 'eth0' },
    ethernetMtu,
  );
  way.forwards = true;
  const ends = router.uplink.map(({ network: own }) => own);
  for (const family of router.families) {
    const [near, far] = addEnds(draft, family, [way, device], [world, 'eth0']);
    for (const address of addresses.filter((one) => one.family === family)) {
      way.routes.push({ prefix: single(address), via: far, device });
      world.interfaces.push({ device: 'eth0', addresses: [single(address)] });
    }
    for (const prefix of [...ends, ...behind(network, router)].filter(
      (one) => one.family === family,
    ))
      world.routes.push({ prefix: `${prefix}`, via: near, device: 'eth0' });
  }
  draft.stations.push({
    name: world.name,
    kind: 'outside',
    unit: world.name,
    node: gateway.name,
    router: router.name,
    targets,
    device: 'eth0',
    mtu: ethernetMtu,
    addresses,
    edge: { namespace: way.name, inner: addresses, publics: addresses },
  });
}

type At = readonly [ns: NsDraft, device: string];

/** Addresses for both ends of a cable. */
function addEnds(draft: Draft, family: Family, near: At, far: At): readonly [string, string] {
  const between = draft.space.carrier(family);
  const [a, b] = usable(between);
  for (const [[ns, device], address] of [
    [near, a],
    [far, b],
  ] as const) {
    ns.interfaces.push({ device, addresses: [`${address}/${between.length}`] });
  }
  return [`${a}`, `${b}`];
}

const single = (address: Address): string => `${address}/${address.family === 4 ? 32 : 128}`;

/** Whose own addresses are seen outside. */
const behind = ({ segments }: Network, router: Router): readonly Prefix[] =>
  router.snat
    ? []
    : segments
        .filter(({ name }) => router.segments.includes(name))
        .flatMap(({ subnets }) => subnets);

/** One address for each entry of the list, of a name one for each family, and for each family one that is on none. */
function targetsOf(draft: Draft, { uplink, families, egress }: Router): readonly Target[] {
  const isOnUplink = (to: Prefix): boolean => uplink.some(({ network }) => network.contains(to));
  const listed = egress.flatMap(({ to, host }): Target[] => {
    if (host !== undefined)
      return families.map((family) => ({ name: host, address: draft.named(host, family) }));
    // Who is on the uplink itself would be the gateway's affair.
    if (!to || isOnUplink(to)) return [];
    const [address] = to.isSingle ? [to.first] : usable(to);
    return address ? [{ name: `${address}`, address }] : [];
  });
  const others = families.map((family): Target => {
    const address = draft.space.publicAddress(family);
    return { name: `${address}`, address };
  });
  return [...new Map([...listed, ...others].map((one) => [String(one.address), one])).values()];
}
