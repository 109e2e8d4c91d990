import { by, byText } from '#base';
import { Prefix } from '#ip';
import type { Router } from '#spec';
import type { AddressItem, Forwarding, Namespace, Route, Rule, Sysctl, Veth } from '#state';
import type { Model, Node } from '../../model.ts';
import { bridge } from '../segments/place.ts';
import { externalParts } from './external.ts';
import { egressFilter } from './filter.ts';
import { lookupsOf } from './hosts.ts';
import {
  deviceIn,
  endInSegment,
  endOutside,
  isInternet,
  leadsOutward,
  macOf,
  outwardMark,
  outwardTable,
  routersAt,
  segmentsOf,
  spaceNamed,
  uplink,
} from './place.ts';

/** The namespaces of the routers that a machine has. */
export const routerSpaces = (model: Model, node: Node): Readonly<Record<string, Namespace>> =>
  Object.fromEntries(
    leadingOut(model, node).map((router) => [
      router.external ?? spaceNamed(model, router.name),
      router.external === undefined ? spaceOf(model, router) : externalOf(model, router),
    ]),
  );

const leadingOut = (model: Model, node: Node): readonly Router[] =>
  routersAt(model, node).filter(({ segments }) => segments.length > 0);

/** What is added to a namespace of others. */
const externalOf = (model: Model, router: Router): Namespace => ({
  veths: { v: 1, items: [...inwards(model, router)] },
  addresses: { v: 1, items: [...insideAddresses(model, router)] },
  forwarding: { v: 1, items: [...forwarding(model, router)] },
  ...externalParts(model, router),
  ...lookups(model, router),
});

const lookups = (model: Model, router: Router): Pick<Namespace, 'lookups'> =>
  router.egress.some(({ host }) => host !== undefined)
    ? { lookups: { v: 1, items: [...lookupsOf(model, router)] } }
    : {};

const spaceOf = (model: Model, router: Router): Namespace => ({
  veths: { v: 1, items: [...pairs(model, router)] },
  addresses: { v: 1, items: [...addresses(model, router)] },
  routes: { v: 1, items: [...routes(router), ...outwardRoutes(router)] },
  rules: { v: 1, items: outwardRoutes(router).map(ruleTo) },
  forwarding: { v: 1, items: [...forwarding(model, router)] },
  sysctls: { v: 1, items: [...sysctls(model, router)] },
  nft: { v: 1, items: [egressFilter(model, router)] },
  ...lookups(model, router),
});

/** Answers from where no route leads would be dropped; the filter knows the flow that they are of. */
function sysctls(model: Model, router: Router): readonly Sysctl[] {
  if (!leadsOutward(router, 4)) return [];
  const key = 'net.ipv4.conf.*.rp_filter';
  return [
    { key: 'net.ipv4.conf.all.rp_filter', value: '0' },
    { key, device: uplink, value: '0' },
    ...segmentsOf(model, router).map((one) => ({ key, device: deviceIn(one), value: '1' })),
  ];
}

function pairs(model: Model, router: Router): readonly Veth[] {
  const { name } = router;
  const out: Veth = {
    name: uplink,
    mac: macOf(model, name, uplink),
    peer: {
      namespace: 'root',
      name: endOutside(router),
      addresses: router.uplink.map(({ via, network }) => `${via}/${network.length}`),
    },
  };
  return [out, ...inwards(model, router)].sort(by((pair) => pair.name));
}

/** The pairs that lead into the segments. */
const inwards = (model: Model, router: Router): readonly Veth[] =>
  segmentsOf(model, router)
    .map((segment): Veth => {
      const device = deviceIn(segment);
      const namespace = spaceNamed(model, segment.name);
      const peer = { namespace, name: endInSegment, bridge, addresses: [] };
      return { name: device, mac: macOf(model, router.name, device), peer };
    })
    .sort(by((pair) => pair.name));

function addresses(model: Model, router: Router): readonly AddressItem[] {
  const outside = router.uplink.map(({ address, network }) => ({
    device: uplink,
    address: `${address}/${network.length}`,
  }));
  const inside = insideAddresses(model, router);
  return [...outside, ...inside].sort(by(({ device, address }) => `${device} ${address}`));
}

/** Of the devices that lead into segments. */
const insideAddresses = (
  model: Model,
  router: Router,
): readonly (AddressItem & { readonly device: string })[] =>
  segmentsOf(model, router).flatMap((segment) =>
    segment.routers.map((address) => {
      const subnet = segment.subnets.find((one) => one.contains(address));
      const length = subnet?.length ?? Prefix.single(address).length;
      return { device: deviceIn(segment), address: `${address}/${length}` };
    }),
  );

const everything = { 4: '0.0.0.0/0', 6: '::/0' } as const;

/** To what may be reached and nothing else; what is on the uplink's own network needs none. */
function routes({ uplink: ends, egress }: Router): readonly Route[] {
  const found = new Map<string, Route>();
  for (const { network, via } of ends) {
    const { family } = network;
    const targets = egress.flatMap(({ to }) =>
      to?.family === family && !network.contains(to) ? [`${to}`] : [],
    );
    if (egress.some(isInternet)) targets.push(everything[family]);
    for (const prefix of targets)
      found.set(prefix, { prefix, device: uplink, via: String(via), table: 254 });
  }
  return [...found.values()].sort((a, b) => byText(a.prefix, b.prefix));
}

/** What the filter marks goes out, wherever it is for. */
const outwardRoutes = (router: Router): readonly Route[] =>
  router.uplink
    .filter(({ network }) => leadsOutward(router, network.family))
    .map(({ network, via }) => ({
      prefix: everything[network.family],
      device: uplink,
      via: String(via),
      table: outwardTable,
    }));

const ruleTo = ({ prefix, table }: Route): Rule => ({
  family: prefix.includes(':') ? 6 : 4,
  priority: table,
  not: false,
  fwmark: outwardMark,
  table,
});

/** Switched on in the namespace of the router alone. */
function forwarding(model: Model, router: Router): readonly Forwarding[] {
  const families = [...new Set(router.uplink.map(({ network }) => network.family))];
  const inside = segmentsOf(model, router);
  return [
    ...families.map((family) => ({ device: uplink, family })),
    ...inside.flatMap((segment) =>
      segment.subnets.map(({ family }) => ({ device: deviceIn(segment), family })),
    ),
  ].sort(by(({ device, family }) => `${device} ${family}`));
}
