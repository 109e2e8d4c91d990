import type { Machine } from '../server/world.ts';

/** The namespace of a router that others made, on a gateway. */
export const theirs = 'qrouter-1';

/** Between it and its gateway, by family. */
const ends = [
  { own: '10.6.0.1', its: '10.6.0.2', length: 24, options: '' },
  { own: 'fd06::1', its: 'fd06::2', length: 64, options: ' nodad' },
] as const;

/** How those in `world`, behind the gateway, find the way back, also to what left with its own address. */
const back = [
  ['10.6.0.0/24', '198.18.0.1'],
  ['fd06::/64', '2001:db8:18::1'],
  ['10.9.0.0/24', '198.18.0.1'],
  ['fd09::/64', '2001:db8:18::1'],
] as const;

/** It has a way out of its own, by IPv4 and IPv6, and translates nothing. */
export function addRouterOfOthers(gateway: Machine): void {
  const inIt = (line: string): string => gateway.do(`ip netns exec ${theirs} ${line}`);
  gateway.do(`ip netns add ${theirs}`);
  gateway.do(`ip link add qg type veth peer name qg netns ${theirs}`);
  gateway.do('ip link set dev qg up');
  inIt('ip link set dev qg up');
  inIt('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1');
  for (const { own, its, length, options } of ends) {
    gateway.do(`ip address add ${own}/${length} dev qg${options}`);
    inIt(`ip address add ${its}/${length} dev qg${options}`);
    inIt(`ip route add default via ${own}`);
  }
  gateway.do('ip route add 10.9.0.0/24 via 10.6.0.2');
  gateway.do('ip route add fd09::/64 via fd06::2');
  for (const [prefix, via] of back)
    gateway.do(`ip netns exec world ip route add ${prefix} via ${via}`);
}

/** Its routes on the gateway go with it. */
export function removeRouterOfOthers(gateway: Machine): void {
  gateway.do(`ip netns del ${theirs}`);
  for (const [prefix] of back) gateway.do(`ip netns exec world ip route del ${prefix}`);
}
