import { formatEndpoint } from '#ip';
import type { Route, Rule } from '#state';
import { ownRoutes, remarksOf, sysctlFiles } from './device-files.ts';
import type { ExportFile } from './formats.ts';
import { formatIni, type IniSection } from './ini.ts';
import { inMainTable } from './ip-lines.ts';
import type { PlannedPeer, TunnelPlan } from './plan.ts';

type Family = 4 | 6;
type Settings = IniSection['settings'];

/** Where NetworkManager finds a secret: 0 in this file, 1 asked of the user's agent. */
const inThisFile = 0;
const asked = 1;

const familyOf = (text: string): Family => (text.includes(':') ? 6 : 4);

const list = (items: readonly unknown[]): string | undefined =>
  items.length === 0 ? undefined : `${items.join(';')};`;

const peerSection = (peer: PlannedPeer): IniSection => ({
  title: `wireguard-peer.${peer.publicKey}`,
  comments: [peer.name],
  settings: [
    ['endpoint', peer.endpoint && formatEndpoint(peer.endpoint)],
    ['preshared-key', peer.presharedKey?.reveal()],
    ['preshared-key-flags', peer.presharedKey && inThisFile],
    ['persistent-keepalive', peer.keepalive],
    ['allowed-ips', list(peer.allowedIps)],
  ],
});

function routeSettings(route: Route, index: number): Settings {
  const options = [
    ...(inMainTable(route) ? [] : [`table=${route.table}`]),
    ...(route.source === undefined ? [] : [`src=${route.source}`]),
    ...(route.mtu === undefined ? [] : [`mtu=${route.mtu}`]),
  ];
  const unspecified = familyOf(route.prefix) === 4 ? '0.0.0.0' : '::';
  const hop = route.via ?? (route.metric === undefined ? undefined : unspecified);
  const name = `route${index + 1}`;
  return [
    [name, [route.prefix, hop, route.metric].filter((part) => part !== undefined).join(',')],
    [`${name}_options`, options.length === 0 ? undefined : options.join(',')],
  ];
}

/** As `ip rule` has it, which wants an address besides the mark. */
const ruleText = ({ family, priority, not, fwmark, table }: Rule): string =>
  [
    `priority ${priority}`,
    ...(not ? ['not'] : []),
    `from ${family === 4 ? '0.0.0.0/0' : '::/0'}`,
    `fwmark 0x${fwmark.toString(16)}`,
    `table ${table}`,
  ].join(' ');

/** After all others where resolv.conf(5) is one list: those of VPNs would otherwise be asked first, for all. */
const lastPriority = 200;

/** For these domains alone, where systemd-resolved or NetworkManager's dnsmasq is in charge. */
function dnsSettings({ dns }: TunnelPlan, family: Family): Settings {
  const servers = (dns?.servers ?? []).filter((server) => familyOf(server) === family);
  if (!dns || servers.length === 0) return [];
  return [
    ['dns', list(servers)],
    ['dns-search', list(dns.domains)],
    ['dns-priority', lastPriority],
  ];
}

function familySection(plan: TunnelPlan, family: Family): IniSection {
  const addresses = plan.addresses.filter((address) => familyOf(address) === family);
  const routes = ownRoutes(plan).filter((route) => familyOf(route.prefix) === family);
  const rules = plan.rules.filter((rule) => rule.family === family);
  if (addresses.length === 0 && routes.length === 0) {
    return { title: `ipv${family}`, settings: [['method', 'disabled']] };
  }
  return {
    title: `ipv${family}`,
    settings: [
      ['method', addresses.length > 0 ? 'manual' : family === 4 ? 'disabled' : 'link-local'],
      ...addresses.map((address, index) => [`address${index + 1}`, address] as const),
      ...routes.flatMap(routeSettings),
      ...rules.map((rule, index) => [`routing-rule${index + 1}`, ruleText(rule)] as const),
      ...dnsSettings(plan, family),
    ],
  };
}

/** The state says its routes, so NetworkManager is not to derive any from the allowed IPs. */
const wireguardSection = (plan: TunnelPlan): IniSection => ({
  title: 'wireguard',
  settings: [
    ['private-key', plan.privateKey?.reveal()],
    ['private-key-flags', plan.privateKey ? inThisFile : asked],
    ['listen-port', plan.listenPort],
    ['fwmark', plan.fwmark],
    ['mtu', plan.mtu],
    ['peer-routes', 'false'],
    ['ip4-auto-default-route', inThisFile],
    ['ip6-auto-default-route', inThisFile],
  ],
});

function keyfile(plan: TunnelPlan): string {
  return formatIni(
    [`${plan.machine} in the network ${plan.network}`, ...remarksOf(plan)],
    [
      {
        title: 'connection',
        settings: [
          ['id', plan.device],
          ['type', 'wireguard'],
          ['interface-name', plan.device],
        ],
      },
      wireguardSection(plan),
      ...plan.peers.map(peerSection),
      familySection(plan, 4),
      familySection(plan, 6),
    ],
  );
}

/** A keyfile of NetworkManager (nm-settings-keyfile(5)), and kernel settings where there are some. */
export const networkManagerFiles = (plan: TunnelPlan): readonly ExportFile[] => [
  {
    path: `/etc/NetworkManager/system-connections/${plan.device}.nmconnection`,
    mode: '0600',
    content: keyfile(plan),
  },
  ...sysctlFiles(plan),
];
