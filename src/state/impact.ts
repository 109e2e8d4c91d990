import type { Impact } from './change.ts';
import type { Facility, ItemTypes } from './items.ts';

type OnChange = { readonly [F in Facility]: (before: ItemTypes[F], after: ItemTypes[F]) => Impact };

const none = (): Impact => 'none';
const session = (): Impact => 'session';

const lost = (before: readonly string[], after: readonly string[]): boolean => {
  const kept = new Set(after);
  return before.some((prefix) => !kept.has(prefix));
};

/** What changing an item in place does to traffic. */
export const impactOfChange: OnChange = {
  tunnels: (a, b) =>
    a.publicKey !== b.publicKey || a.listenPort !== b.listenPort || a.livesIn !== b.livesIn
      ? 'session'
      : 'none',
  links: (a, b) => (a.up && !b.up ? 'outage' : 'none'),
  peers: (a, b) => {
    if (lost(a.allowedIps, b.allowedIps)) return 'outage';
    const rekeys = a.endpoint !== b.endpoint || a.presharedKey !== b.presharedKey;
    return rekeys ? 'session' : 'none';
  },
  addresses: none,
  routes: none,
  rules: none,
  sysctls: none,
  forwarding: none,
  'nft-tables': none,
  'nft-counters': none,
  'nft-chains': session,
  'nft-sets': session,
  'nft-elements': session,
  resolvers: none,
  names: none,
  'split-dns': none,
  spaces: none,
  bridges: none,
  vxlans: (a, b) =>
    a.vni === b.vni && a.port === b.port && a.local === b.local ? 'none' : 'outage',
  ports: (a, b) => (a.bridge === b.bridge || b.bridge !== '' ? 'none' : 'session'),
  vlans: (a, b) => {
    if (a.parent !== b.parent || a.tag !== b.tag) return 'outage';
    return a.bridge === b.bridge || b.bridge !== '' ? 'none' : 'session';
  },
  fdb: none,
  floods: none,
  neighbours: (a, b) => (a.mac === b.mac ? 'none' : 'session'),
  proxies: none,
  veths: (a, b) => (a.namespace === b.namespace && a.peer === b.peer ? 'none' : 'outage'),
  'dhcp-servers': none,
};

const removals: Readonly<Record<Facility, Impact>> = {
  tunnels: 'outage',
  links: 'outage',
  peers: 'outage',
  addresses: 'outage',
  routes: 'outage',
  rules: 'session',
  sysctls: 'none',
  forwarding: 'outage',
  'nft-tables': 'session',
  'nft-counters': 'none',
  'nft-chains': 'session',
  'nft-sets': 'session',
  'nft-elements': 'session',
  resolvers: 'none',
  names: 'none',
  'split-dns': 'none',
  spaces: 'outage',
  bridges: 'outage',
  vxlans: 'outage',
  ports: 'outage',
  vlans: 'outage',
  fdb: 'outage',
  floods: 'session',
  neighbours: 'outage',
  proxies: 'outage',
  veths: 'outage',
  'dhcp-servers': 'outage',
};

/** What taking an item away does to traffic; an unreachable route carried none. */
export const impactOfRemoval = <F extends Facility>(facility: F, item: ItemTypes[F]): Impact =>
  facility === 'routes' && 'type' in item ? 'none' : removals[facility];
