import { formatEndpoint } from '#ip';
import type { Route, Rule } from '#state';
import { ownRoutes, remarksOf, sysctlFiles } from './device-files.ts';
import type { ExportFile } from './formats.ts';
import { formatIni, type IniSection } from './ini.ts';
import { inMainTable } from './ip-lines.ts';
import type { PlannedPeer, TunnelPlan } from './plan.ts';

const folder = '/etc/systemd/network';

const peerSection = (peer: PlannedPeer): IniSection => ({
  title: 'WireGuardPeer',
  comments: [peer.name],
  settings: [
    ['PublicKey', peer.publicKey],
    ['PresharedKey', peer.presharedKey?.reveal()],
    ['AllowedIPs', peer.allowedIps.length === 0 ? undefined : peer.allowedIps.join(',')],
    ['Endpoint', peer.endpoint && formatEndpoint(peer.endpoint)],
    ['PersistentKeepalive', peer.keepalive],
  ],
});

function netdev(plan: TunnelPlan): string {
  const keyFile = `${folder}/${plan.device}.key`;
  return formatIni(
    [
      `${plan.machine} in the network ${plan.network}; readable by root and systemd-network only`,
      ...remarksOf(plan),
    ],
    [
      {
        title: 'NetDev',
        settings: [
          ['Name', plan.device],
          ['Kind', 'wireguard'],
          ['MTUBytes', plan.mtu],
        ],
      },
      {
        title: 'WireGuard',
        settings: [
          ['PrivateKey', plan.privateKey?.reveal()],
          ['PrivateKeyFile', plan.privateKey ? undefined : keyFile],
          ['ListenPort', plan.listenPort],
          ['FirewallMark', plan.fwmark],
        ],
      },
      ...plan.peers.map(peerSection),
    ],
  );
}

/** A route as systemd.network(5) says it. */
export const routeSection = (route: Route): IniSection => ({
  title: 'Route',
  settings: [
    ['Destination', route.prefix],
    ['Gateway', route.via],
    ['Table', inMainTable(route) ? undefined : route.table],
    ['Metric', route.metric],
    ['PreferredSource', route.source],
    ['MTUBytes', route.mtu],
  ],
});

const ruleSection = (rule: Rule): IniSection => ({
  title: 'RoutingPolicyRule',
  settings: [
    ['Family', rule.family === 4 ? 'ipv4' : 'ipv6'],
    ['FirewallMark', rule.fwmark],
    ['InvertRule', rule.not ? 'yes' : undefined],
    ['Table', rule.table],
    ['Priority', rule.priority],
  ],
});

/** By systemd-resolved: for these domains alone, and in the clear, since the tunnel encrypts it all. */
const dnsSettings = ({ dns }: TunnelPlan): IniSection['settings'] =>
  dns
    ? [
        ...dns.servers.map((server) => ['DNS', server] as const),
        ['Domains', dns.domains.join(' ')],
        ['DNSDefaultRoute', 'no'],
        ['DNSSEC', 'no'],
        ['DNSOverTLS', 'no'],
      ]
    : [];

const network = (plan: TunnelPlan): string =>
  formatIni(
    [`${plan.machine} in the network ${plan.network}`],
    [
      { title: 'Match', settings: [['Name', plan.device]] },
      { title: 'Link', settings: [['RequiredForOnline', 'no']] },
      {
        title: 'Network',
        settings: [
          ...plan.addresses.map((address) => ['Address', address] as const),
          ['LinkLocalAddressing', 'no'],
          ...dnsSettings(plan),
        ],
      },
      ...ownRoutes(plan).map(routeSection),
      ...plan.rules.map(ruleSection),
    ],
  );

/** For systemd-networkd: the device, its network, and kernel settings where there are some. */
export const networkdFiles = (plan: TunnelPlan): readonly ExportFile[] => [
  { path: `${folder}/50-${plan.device}.netdev`, mode: '0640', content: netdev(plan) },
  { path: `${folder}/50-${plan.device}.network`, mode: '0644', content: network(plan) },
  ...sysctlFiles(plan),
];
