import { formatConfig, type WireguardInterface } from '#wireguard';
import { compileErrors } from '../errors.ts';
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
import { ruleLine } from './ip-lines.ts';
import type { TunnelPlan } from './plan.ts';

/** The largest packet that passes on all routes, for readers that cannot say it route by route. */
const smallestMtu = ({ mtu, routes }: TunnelPlan): number | undefined => {
  const all = [mtu, ...routes.map((route) => route.mtu)].filter((one) => one !== undefined);
  return all.length === 0 ? undefined : Math.min(...all);
};

/** What the apps know: no mark, no table, no hooks; they route every allowed IP. */
function appInterface(plan: TunnelPlan): WireguardInterface {
  const mtu = smallestMtu(plan);
  return {
    ...commonInterface(plan),
    address: interfaceAddresses(plan),
    dns: interfaceDns(plan),
    ...(mtu !== undefined && { mtu }),
  };
}

/** Windows' name resolution policy asks other servers for one domain alone. */
const nameRule = ({ dns }: TunnelPlan): string =>
  dns
    ? `in PowerShell as administrator, Add-DnsClientNrptRule -Namespace .${zoneOf(dns)} -NameServers ${dns.servers.join(',')}`
    : '';

const notInApps = (plan: TunnelPlan): readonly string[] => [
  ...(plan.privateKey ? [] : ['the private key: add a line PrivateKey']),
  ...plan.rules.map((rule) => `the rule: ${ruleLine('add', rule)}`),
  ...plan.forwarding.map(({ family }) => `forwarding of IPv${family}`),
  ...leftDns(plan, nameRule(plan)),
];

/** For WireGuard for Windows; with the line ends its users' editors know. */
export function windowsFile(plan: TunnelPlan): ExportFile {
  const own = { ...appInterface(plan), comment: remarks(plan, notInApps(plan)) };
  const text = formatConfig({ interface: own, peers: namedPeers(plan.peers) });
  return { path: `${plan.device}.conf`, mode: '0600', content: text.replaceAll('\n', '\r\n') };
}

/** What a QR code of version 40-L holds in bytes (ISO/IEC 18004, table 7). */
const qrCapacity = 2953;

/**
 * For the apps' cameras: the same, without comments, so that the code stays coarse.
 * @throws compile/export-too-long-for-qr
 */
export function qrFile(plan: TunnelPlan): ExportFile {
  const content = formatConfig({ interface: appInterface(plan), peers: plan.peers });
  const { machine } = plan;
  const bytes = content.length;
  if (bytes > qrCapacity) {
    throw compileErrors.error('compile/export-too-long-for-qr', { machine, bytes });
  }
  return { path: `${plan.device}.conf`, mode: '0600', content };
}
