import type { NftMatch, NftRule, NftTable } from '#state';
import type { Model } from '../../model.ts';
import { vxlan } from './place.ts';

const is = (left: string, right: string | string[]): NftMatch => ({ left, op: '==', right });

/**
 * Before the hook of `br_netfilter`, at 0: that takes IP out of the bridge's chain, and puts it back behind
 * all that have its priority (br_nf_hook_thresh). It is that of iptables' own bridge filter, too.
 */
const borderPriority = -200;

/** What is for all stays in its site, and so does DHCP, whoever it is for. */
export function borderOf({ network }: Model): NftTable {
  const group = is('meta pkttype', ['broadcast', 'multicast']);
  const dhcp = [is('udp dport', ['67', '68', '546', '547'])];
  const stay = (match: NftMatch[]): NftRule[] =>
    ['iifname', 'oifname'].map((side) => ({
      match: [is(side, vxlan), ...match],
      counter: 'border',
      verdict: 'drop',
    }));
  const hook = { type: 'filter', hook: 'forward', priority: borderPriority, policy: 'accept' };
  return {
    family: 'bridge',
    name: `hawser-${network.name}`,
    counters: ['border'],
    sets: [],
    maps: [],
    chains: [{ name: 'forward', hook, rules: [...stay([group]), ...stay(dhcp)] }],
  };
}
