import { type Address, Prefix } from '#ip';
import {
  type PolicyRule,
  type Port,
  type Segment,
  type Selector,
  tablePort,
  vxlanPort,
} from '#spec';
import type { Model } from '../model.ts';
import { serversOf } from '../project/segments/dhcp.ts';
import { endOf, gatewaysOf } from '../project/segments/place.ts';
import { resolversOf } from './resolvers.ts';

/** The id of a rule that no file writes; no name in a file has a dot. */
export const letInId = 'names.dns';

/** DNS, by UDP and TCP (RFC 7766). */
export const dnsPorts: readonly Port[] = [
  { protocol: 'tcp', first: 53, last: 53 },
  { protocol: 'udp', first: 53, last: 53 },
];

/** What gateways of a segment say to each other: its frames, and who is where. */
export const gatewayPorts: readonly Port[] = [
  { protocol: 'tcp', first: tablePort, last: tablePort },
  { protocol: 'udp', first: vxlanPort, last: vxlanPort },
];

const singly = (addresses: readonly Address[]): readonly Selector[] =>
  addresses.map((address) => ({ kind: 'prefix', prefix: Prefix.single(address) }));

/** What is let in whatever the policy says besides, since the network needs it; nothing else. */
export const letInRules = (model: Model): readonly PolicyRule[] => [
  ...resolverRules(model),
  ...model.network.segments.flatMap((segment) => [
    ...gatewayRules(model, segment),
    ...serverRules(model, segment),
  ]),
];

/** The gateways of a segment reach each other for it. */
function gatewayRules(model: Model, segment: Segment): readonly PolicyRule[] {
  const { name, place } = segment;
  const ends = [...gatewaysOf(model, segment).values()]
    .filter(({ machine }) => machine.managed)
    .flatMap((gateway) => endOf(model, gateway) ?? []);
  if (ends.length < 2) return [];
  const [from, to] = [singly(ends), singly(ends)];
  return [{ id: `segment.${name}`, from, to, ports: gatewayPorts, place, fields: {} }];
}

/** Its machines ask our servers in it for names. */
function serverRules(model: Model, segment: Segment): readonly PolicyRule[] {
  const { name, place, dns } = segment;
  const answering = serversOf(model, segment)
    .flatMap(({ addresses }) => addresses)
    .filter((address) => dns.some((one) => one.equals(address)));
  if (answering.length === 0) return [];
  const from: Selector = { kind: 'segment', name };
  const rule = { from: [from], to: singly(answering), ports: dnsPorts, place, fields: {} };
  return [{ id: `names.${name}`, ...rule }];
}

/** What lets everybody ask the resolvers for names. */
function resolverRules(model: Model): readonly PolicyRule[] {
  const addresses = resolversOf(model).flatMap(({ overlay }) => overlay);
  if (addresses.length === 0) return [];
  const { dns, place } = model.network;
  return [
    {
      id: letInId,
      from: [{ kind: 'all' }],
      to: singly(addresses),
      ports: dnsPorts,
      place: dns?.place ?? place,
      fields: {},
    },
  ];
}
