import { Prefix, PrefixSet } from '#ip';
import type { DeviceRef, Route, Rule } from '#state';
import { formatConfig, type WireguardConfig, type WireguardInterface } from '#wireguard';
import type { ExportFile } from './formats.ts';
import {
  commonInterface,
  interfaceAddresses,
  interfaceDns,
  leftDns,
  namedPeers,
  remarks,
  zoneOf,
} from './interface.ts';
import { type DeviceText, inMainTable, routeLine, ruleLine, settingsOf } from './ip-lines.ts';
import type { PlannedRoute, TunnelPlan } from './plan.ts';

const keyRemark = ({ privateKey, device }: TunnelPlan): readonly string[] =>
  privateKey
    ? []
    : [`the private key: it stays on the machine (wg set ${device} private-key FILE)`];

const fileOf = (plan: TunnelPlan, config: WireguardConfig): ExportFile => ({
  path: `/etc/wireguard/${plan.device}.conf`,
  mode: '0600',
  content: formatConfig(config),
});

/** For `wg setconf` and `wg addconf`, which know of no addresses, MTU or routes. */
export function wgFile(plan: TunnelPlan): ExportFile {
  const left = [
    ...keyRemark(plan),
    ...plan.addresses.map((address) => `the address ${address}`),
    ...(plan.mtu === undefined ? [] : [`the MTU ${plan.mtu}`]),
    ...plan.routes.map(
      (route) => `the route: ${routeLine('replace', route, deviceName(plan, route))}`,
    ),
    ...plan.rules.map((rule) => `the rule: ${ruleLine('add', rule)}`),
    ...plan.forwarding.map(({ family }) => `forwarding of IPv${family}`),
  ];
  const { fwmark } = plan;
  const own = {
    ...commonInterface(plan),
    comment: remarks(plan, left),
    ...(fwmark !== undefined && { fwmark }),
  };
  return fileOf(plan, { interface: own, peers: namedPeers(plan.peers) });
}

const deviceName = (plan: TunnelPlan, { device, via }: Route): string | undefined =>
  typeof device === 'string' ? device : via === undefined ? plan.device : undefined;

/** Whether wg-quick, left alone, makes the very routes that the state says. */
function routesFollowAllowedIps(plan: TunnelPlan): boolean {
  const plain = plan.routes.every(
    (route) =>
      route.device === plan.device &&
      inMainTable(route) &&
      route.via === undefined &&
      route.metric === undefined &&
      route.source === undefined &&
      route.mtu === undefined,
  );
  const allowed = plan.peers.flatMap((peer) => peer.allowedIps);
  const routed = plan.routes.map((route) => Prefix.parse(route.prefix));
  return (
    plain &&
    plan.rules.length === 0 &&
    allowed.every((prefix) => prefix.length > 0) &&
    PrefixSet.of(allowed).equals(PrefixSet.of(routed))
  );
}

/** wg-quick hands a hook to bash, which can look a device up by its address. */
const inHook =
  (plan: TunnelPlan): DeviceText =>
  (ref: DeviceRef) =>
    ref === plan.device
      ? '%i'
      : typeof ref === 'string'
        ? ref
        : `$(ip -o address show to ${ref.holding} | cut -d ' ' -f 2)`;

interface Hooks {
  readonly postUp: readonly string[];
  readonly postDown: readonly string[];
}

/** Routes that leave by another device outlive the tunnel's, so they are taken back by hand. */
function routeHooks(plan: TunnelPlan): Hooks {
  const nameOf = inHook(plan);
  const named = (route: PlannedRoute): string | undefined =>
    nameOf(route.device ?? (route.via === undefined ? plan.device : ''));
  const line = (verb: 'replace' | 'del', route: PlannedRoute): string =>
    routeLine(verb, route, named(route) || undefined);
  const foreign = plan.routes.filter((route) => named(route) !== '%i');
  return {
    postUp: [
      ...plan.routes.map((route) => line('replace', route)),
      ...plan.rules.map((rule) => ruleLine('add', rule)),
    ],
    postDown: [
      ...plan.rules.map((rule) => ruleLine('del', rule)),
      ...foreign.map((route) => line('del', route)),
    ],
  };
}

/**
 * Where packets with a mark go another way than those without, strict reverse-path filtering
 * (`rp_filter` 1, ip-sysctl) would drop what the peers send: it must look for the way of the marked.
 */
function markHooks({ fwmark, listenPort, routes, rules }: TunnelPlan): Hooks {
  if (fwmark === undefined || rules.length === 0) return { postUp: [], postDown: [] };
  const chain = 'inet hawser-mark-%i prerouting';
  const marking = [
    'add table inet hawser-mark-%i',
    `add chain ${chain} { type filter hook prerouting priority -150; }`,
    `add rule ${chain} iifname != "%i" udp dport ${listenPort} meta mark set ${fwmark}`,
  ];
  const besides = besidesDefault(routes, rules);
  return {
    postUp: [
      'echo 1 > /proc/sys/net/ipv4/conf/all/src_valid_mark',
      `nft '${marking.join('; ')}'`,
      ...besides.map((rule) => rule.replace('VERB', 'add')),
    ],
    postDown: [
      ...besides.map((rule) => rule.replace('VERB', 'del')),
      'nft delete table inet hawser-mark-%i',
    ],
  };
}

/** A default route by the tunnel leaves the machine's own networks reachable, as wg-quick's own does. */
const besidesDefault = (routes: readonly Route[], rules: readonly Rule[]): readonly string[] =>
  rules
    .filter(({ table }) =>
      routes.some((route) => route.table === table && Prefix.parse(route.prefix).length === 0),
    )
    .map(
      ({ family, priority }) =>
        `ip -${family} rule VERB lookup main suppress_prefixlength 0 priority ${priority - 1}`,
    );

/** For systemd-resolved, which asks them for this domain alone. */
const splitCommands = ({ device, dns }: TunnelPlan): string =>
  dns
    ? [
        `resolvectl dns ${device} ${dns.servers.join(' ')}`,
        `resolvectl domain ${device} ${zoneOf(dns)}`,
        `resolvectl default-route ${device} no`,
      ].join('; ')
    : '';

/**
 * For wg-quick(8), which makes a route for each allowed IP; where the state says other ones (an MTU
 * of their own, another table, ranges nobody carries yet) they are written out as hooks.
 */
export function wgQuickFile(plan: TunnelPlan): ExportFile {
  const { settings, left } = settingsOf(plan, inHook(plan));
  const automatic = routesFollowAllowedIps(plan);
  const hooks = automatic ? { postUp: [], postDown: [] } : routeHooks(plan);
  const marks = markHooks(plan);
  const own: WireguardInterface = {
    ...commonInterface(plan),
    comment: remarks(plan, [...keyRemark(plan), ...left, ...leftDns(plan, splitCommands(plan))]),
    ...(plan.fwmark !== undefined && { fwmark: plan.fwmark }),
    address: interfaceAddresses(plan),
    dns: interfaceDns(plan),
    ...(plan.mtu !== undefined && { mtu: plan.mtu }),
    ...(!automatic && { table: 'off' }),
    postUp: [
      ...settings.map(({ path, value }) => `sysctl -q -w "${path}=${value}"`),
      ...marks.postUp,
      ...hooks.postUp,
    ],
    postDown: [...hooks.postDown, ...marks.postDown],
  };
  return fileOf(plan, { interface: own, peers: namedPeers(plan.peers) });
}
