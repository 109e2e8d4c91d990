import type { Network, PolicyRule, Port, Selector } from '#spec';
import { contains } from './address.ts';
import { remembered } from './remembered.ts';

/** Whoever a selector can mean. */
interface Named {
  readonly name: string;
  readonly site?: string;
  readonly tags: readonly string[];
}

export type AddressesOf = (name: string) => readonly string[];

const everybody = remembered((network: Network): Named[] => [
  ...network.sites.flatMap((site) =>
    [...site.gateways, ...site.nodes, ...site.hosts].map((m) => ({
      name: m.name,
      site: site.name,
      tags: [...m.tags, ...site.tags],
    })),
  ),
  ...network.members.map((m) => ({ name: m.name, tags: m.tags })),
]);

const whoIs = (network: Network, name: string): Named => {
  const found = everybody(network, '').find((one) => one.name === name);
  if (!found) throw new Error(`model: nobody is called ${name}`);
  return found;
};

/** A selector by its definition: does it mean this machine, speaking from or to this address? */
export function selects(
  network: Network,
  selector: Selector,
  who: Named,
  addresses: readonly string[],
): boolean {
  switch (selector.kind) {
    case 'all':
      return true;
    case 'machine':
      return who.name === selector.name;
    case 'tag':
      return who.tags.includes(selector.name);
    case 'site':
      return who.site === selector.name;
    case 'segment':
      return false;
    case 'prefix':
      return addresses.some((a) => contains(selector.prefix.toString(), a));
    case 'group': {
      const group = network.groups.find((g) => g.name === selector.name);
      if (!group) throw new Error(`model: no group ${selector.name}`);
      return group.selectors.some((inner) => selects(network, inner, who, addresses));
    }
  }
}

const portMatches = (rule: Port, asked: Port): boolean => {
  if (rule.protocol === 'icmp' || asked.protocol === 'icmp')
    return rule.protocol === asked.protocol;
  return rule.protocol === asked.protocol && rule.first <= asked.first && asked.first <= rule.last;
};

/** The rules that let this flow pass. */
export const rulesFor = (
  network: Network,
  addressesOf: AddressesOf,
  from: string,
  to: string,
  port: Port,
): PolicyRule[] =>
  (network.policy ?? []).filter((rule) => {
    const [source, target] = [whoIs(network, from), whoIs(network, to)];
    return (
      rule.from.some((s) => selects(network, s, source, addressesOf(from))) &&
      rule.to.some((s) => selects(network, s, target, addressesOf(to))) &&
      (rule.ports === undefined || rule.ports.some((p) => portMatches(p, port)))
    );
  });

/** Where names are, every first machine of a site answers for them on its overlay addresses, unless those are in a router of others. */
const answersNames = (network: Network, to: string, addresses: readonly string[]): boolean =>
  network.dns !== undefined &&
  network.sites.some(
    ({ name, gateways, nodes }) =>
      [...gateways, ...nodes][0]?.name === to &&
      !network.routers.some(({ site, tunnel }) => tunnel && site === name),
  ) &&
  addresses.some((a) => network.overlay.some((prefix) => contains(`${prefix}`, a)));

const isDns = (port: Port): boolean => port.protocol !== 'icmp' && port.first === 53;

/**
 * The policy read by its definition: no policy, all may talk; else some rule must let it pass, or it is a
 * question for a name.
 * `addressesOf` gives the addresses by which the flow's two ends are known.
 */
export const allowed = (
  network: Network,
  addressesOf: AddressesOf,
  from: string,
  to: string,
  port: Port,
): boolean =>
  network.policy === undefined ||
  rulesFor(network, addressesOf, from, to, port).length > 0 ||
  (isDns(port) && answersNames(network, to, addressesOf(to)));
