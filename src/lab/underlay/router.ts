import type { Address } from '#ip';
import type { Nat } from '#spec';
import type { Draft, NsDraft } from './draft.ts';
import { type RouterNat, routerRuleset } from './nat.ts';
import { usable } from './space.ts';
import { connect } from './uplink.ts';

export interface RouterOptions extends Omit<RouterNat, 'wan'> {
  readonly unit: string;
  readonly mtu: number;
  /** Public addresses that the internet sends to the router for machines behind it. */
  readonly floating: readonly Address[];
}

/**
 * A router's way out: a cable to the internet with public addresses of its own, or, for cgnat, to a
 * carrier that translates once more. Gives the addresses the world sees it by.
 */
export function routeOut(
  draft: Draft,
  router: NsDraft,
  options: RouterOptions,
): readonly Address[] {
  const carried = options.nat === 'cgnat' && options.forwards.length === 0;
  router.nft = routerRuleset({ ...options, wan: 'wan' });
  const own = draft.families.map((family) => draft.space.publicAddress(family));
  if (carried) return behindCarrier(draft, router, options, own);
  const { unit, mtu, floating } = options;
  connect(draft, { unit, ns: router, device: 'wan', mtu, own, routed: floating });
  return own;
}

function behindCarrier(
  draft: Draft,
  router: NsDraft,
  { unit, mtu }: RouterOptions,
  own: readonly Address[],
): readonly Address[] {
  const carrier = draft.namespace(`carrier.${unit}`, true);
  carrier.nft = routerRuleset({
    wan: 'wan',
    inside: [],
    forwards: [],
    nat: 'port-preserving',
    others: [],
  });
  connect(draft, { unit, ns: carrier, device: 'wan', mtu, own, routed: [] });
  draft.cable(
    { namespace: carrier.name, device: 'sub' },
    { namespace: router.name, device: 'wan' },
    mtu,
  );
  const inside: string[] = [];
  const outside: string[] = [];
  for (const family of draft.families) {
    const between = draft.space.carrier(family);
    const [near, far] = usable(between);
    inside.push(`${near}/${between.length}`);
    outside.push(`${far}/${between.length}`);
    const prefix = family === 4 ? '0.0.0.0/0' : '::/0';
    router.routes.push({ prefix, via: `${near}`, device: 'wan' });
  }
  carrier.interfaces.push({ device: 'sub', addresses: inside });
  router.interfaces.push({ device: 'wan', addresses: outside });
  return own;
}

/** The kind of NAT that is not the router's own, for machines that say so. */
export const differing = (
  machines: readonly { readonly address: Address; readonly nat: Nat }[],
  nat: Nat,
) => machines.filter((machine) => machine.nat !== nat && machine.nat !== 'cgnat');
