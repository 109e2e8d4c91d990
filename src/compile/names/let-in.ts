import { Prefix } from '#ip';
import type { PolicyRule, Port } from '#spec';
import type { Model } from '../model.ts';
import { resolversOf } from './resolvers.ts';

/** The id of the rule that no file writes; no name in a file has a dot. */
export const letInId = 'names.dns';

/** DNS, by UDP and TCP (RFC 7766). */
export const dnsPorts: readonly Port[] = [
  { protocol: 'tcp', first: 53, last: 53 },
  { protocol: 'udp', first: 53, last: 53 },
];

/** What lets everybody ask the resolvers for names, whatever the policy says besides; nothing else. */
export function letInRules(model: Model): readonly PolicyRule[] {
  const addresses = resolversOf(model).flatMap(({ overlay }) => overlay);
  if (addresses.length === 0) return [];
  const { dns, place } = model.network;
  return [
    {
      id: letInId,
      from: [{ kind: 'all' }],
      to: addresses.map((address) => ({ kind: 'prefix', prefix: Prefix.single(address) })),
      ports: dnsPorts,
      place: dns?.place ?? place,
      fields: {},
    },
  ];
}
