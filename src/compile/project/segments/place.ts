import type { Address, Family } from '#ip';
import type { Segment, SegmentSite } from '#spec';
import { carrierOf, type Model, type Node } from '../../model.ts';

/** Names of devices, each alone of its kind in the namespace of its segment. */
export const bridge = 'bridge';
export const vxlan = 'vxlan';

/** The device of a site's port in the namespace: itself, or the one for its tag. */
export const portOf = ({ port, vlan }: SegmentSite): string =>
  vlan === undefined ? port : `vlan${vlan}`;

/** The end of a member in a segment, in the namespace of that. */
export const endOfMember = 'member';

/** The segments that a machine carries to its site, or a member to itself. */
export function segmentsAt(
  { network }: Model,
  { isCarrier, unit, machine }: Node,
): readonly Segment[] {
  if (!isCarrier || !machine.managed) return [];
  return network.segments.filter(({ sites }) => sites.some(({ site }) => site === unit.name));
}

/** The gateways of a segment, by site. */
export function gatewaysOf(
  model: Model,
  { sites }: Pick<Segment, 'sites'>,
): ReadonlyMap<string, Node> {
  return new Map(
    sites.flatMap(({ site }) => {
      const unit = model.unitsByName.get(site);
      return unit ? [[site, carrierOf(unit)] as const] : [];
    }),
  );
}

/** The family of the overlay in which all gateways find each other. */
export const familyOf = ({ network }: Model): Family =>
  network.overlay.some(({ family }) => family === 4) ? 4 : 6;

/** From where, and to where, a gateway sends VXLAN; absent where it has no overlay address yet. */
export const endOf = (model: Model, { overlay }: Node): Address | undefined =>
  overlay.find(({ family }) => family === familyOf(model));
