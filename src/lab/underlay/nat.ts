import type { Address, Prefix } from '#ip';
import type { Nat } from '#spec';

/** A public UDP port that leads to a machine behind the router: an endpoint of the file. */
export interface Forward {
  readonly publicAddress: Address;
  readonly publicPort: number;
  readonly local: Address;
  readonly localPort: number;
}

export interface RouterNat {
  /** The device towards the internet, or towards the carrier. */
  readonly wan: string;
  /** The networks behind it; who calls an endpoint from there gets the answer through the router. */
  readonly inside: readonly Prefix[];
  readonly forwards: readonly Forward[];
  readonly nat: Nat;
  /** Machines whose own kind of NAT differs from the router's. */
  readonly others: readonly { readonly address: Address; readonly nat: Nat }[];
}

/**
 * What a router does for the machines behind it. What nobody inside asked for is dropped. `masquerade`
 * keeps the source port where it is free (port-preserving); `fully-random` draws a new port for each
 * flow, so that two destinations see two ports (symmetric). A cgnat is two port-preserving NATs in a
 * row. A machine with an endpoint has a floating address, as in a cloud: 1:1 outwards, inwards the
 * endpoint's port alone.
 */
export function routerRuleset({ wan, inside, forwards, nat, others }: RouterNat): string {
  return `table inet underlay {
  chain inwards {
    type nat hook prerouting priority dstnat; policy accept;
${lines(forwards.filter(isTranslated).map(dnat))}
  }
  chain outwards {
    type nat hook postrouting priority srcnat; policy accept;
${lines(inside.map((own) => `${ip(own)} saddr ${own} ct status dnat masquerade`))}
    oifname != "${wan}" accept
${lines(forwards.flatMap(snat))}
${lines(others.map(({ address, nat: own }) => `${source(address)} ${masquerade(own)}`))}
    ${masquerade(nat)}
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname != "${wan}" accept
    ct status dnat accept
${lines(forwards.filter((f) => !isTranslated(f)).map(admit))}
  }
}
`;
}

const lines = (items: readonly string[]): string => items.map((item) => `    ${item}`).join('\n');
const ip = ({ family }: Address | Prefix): string => (family === 4 ? 'ip' : 'ip6');
const source = (address: Address): string => `${ip(address)} saddr ${address}`;
const masquerade = (nat: Nat): string =>
  nat === 'symmetric' ? 'masquerade random,fully-random' : 'masquerade';

const isTranslated = (f: Forward): boolean =>
  !f.publicAddress.equals(f.local) || f.publicPort !== f.localPort;

const target = (address: Address, port: number): string =>
  address.family === 4 ? `${address}:${port}` : `[${address}]:${port}`;

const dnat = (f: Forward): string =>
  `${ip(f.local)} daddr ${f.publicAddress} udp dport ${f.publicPort} ` +
  `dnat ${ip(f.local)} to ${target(f.local, f.localPort)}`;

function snat(f: Forward): string[] {
  if (!isTranslated(f)) return [`${source(f.local)} accept`];
  const outside = target(f.publicAddress, f.publicPort);
  return [
    `${source(f.local)} udp sport ${f.localPort} snat ${ip(f.local)} to ${outside}`,
    `${source(f.local)} snat ${ip(f.local)} to ${f.publicAddress}`,
  ];
}

const admit = (f: Forward): string =>
  `${ip(f.local)} daddr ${f.local} udp dport ${f.localPort} accept`;
