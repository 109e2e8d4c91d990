import type { Address, Prefix } from '#ip';
import type { Machine, Router, Site } from '#spec';
import type { Draft, NsDraft } from './draft.ts';
import { type Lan, lansOf } from './lan.ts';
import { externalPrefix } from './plan.ts';

/** A gateway, and the router of others in which its tunnel lives, or may at another time. */
export interface Holding {
  readonly gateway: Machine;
  /** Namespace of the router. */
  readonly router: string;
  readonly isInRouter: boolean;
  /** Those of the site, with the gateway's own way out apart. */
  readonly lans: readonly Lan[];
  /** Of these the one on which the tunnel's end of the network is: the gateway, or the router. */
  readonly lan: Lan | undefined;
}

export function holdingAt(
  draft: Draft,
  site: Site,
  routers: readonly Router[],
): Holding | undefined {
  const router = routers.find((one) => one.site === site.name && one.segments.length === 0);
  const [gateway] = site.gateways;
  if (router?.external === undefined || !gateway) return undefined;
  const name = `${externalPrefix}${router.external}`;
  draft.namespace(name, true);
  const all = lansOf(site);
  const lans = all.map((one) => ({
    ...one,
    machines: one.machines.filter((machine) => machine !== gateway),
  }));
  const at = all.findIndex(
    ({ machines, subnets }) => machines.includes(gateway) && subnets.length > 0,
  );
  // Its socket is called by an address that is none of the site's.
  const apart = { subnets: [], machines: [{ ...gateway, addresses: [] }], hosts: [] };
  const { tunnel: isInRouter } = router;
  return {
    ...{ gateway, router: name, isInRouter, lan: lans[at] },
    lans: [...lans, apart].filter(
      ({ machines, hosts, subnets }) => machines.length + hosts.length + subnets.length > 0,
    ),
  };
}

interface Port {
  readonly router: NsDraft;
  readonly port: string;
  readonly networks: readonly { readonly subnet: Prefix; readonly gateway: Address }[];
  readonly mtu: number;
}

const device = 'site0';

/** A port of the site's network for the end that moves with the tunnel. */
export function plugIn(
  draft: Draft,
  { gateway, router, isInRouter }: Holding,
  { router: lan, port, networks, mtu }: Port,
): void {
  const { name: home } = gateway;
  draft.cable({ namespace: lan.name, device: port }, { namespace: home, device }, mtu);
  const addresses = networks.flatMap(({ subnet }) =>
    gateway.addresses
      .filter(({ local }) => subnet.contains(local))
      .map(({ local }) => `${local}/${subnet.length}`),
  );
  const routes = networks.map(({ subnet: { family }, gateway: via }) => ({
    prefix: family === 4 ? '0.0.0.0/0' : '::/0',
    via: `${via}`,
    device,
  }));
  draft.plugs.push({ device, home, router, isInRouter, addresses, routes });
}
