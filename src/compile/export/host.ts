import type { Route } from '#state';
import { compileErrors } from '../errors.ts';
import { comment, type ExportFile, type HostFormat, joinFiles } from './formats.ts';
import { formatIni } from './ini.ts';
import { routeLine } from './ip-lines.ts';
import { routeSection } from './networkd.ts';

/** A plain host, as its export names it. */
export interface PlainHost {
  readonly name: string;
  /** The device on the site's network; the formats that configure a device need it. */
  readonly device?: string;
  /** Largest packet on the way into the tunnel, in bytes; routes may say less. */
  readonly mtu?: number;
}

const heading = ({ name }: PlainHost): string => `routes of ${name} to the other sites`;

/** The lowest MTU that the route or the host says. */
function withMtu(route: Route, { mtu }: PlainHost): Route {
  const all = [route.mtu, mtu].filter((one) => one !== undefined);
  return all.length === 0 ? route : { ...route, mtu: Math.min(...all) };
}

const lines = (routes: readonly Route[], host: PlainHost): readonly string[] =>
  routes.map((route) => routeLine('replace', route, host.device));

function deviceOf({ name: host, device }: PlainHost, format: HostFormat): string {
  if (device !== undefined) return device;
  throw compileErrors.error('compile/export-needs-device', { host, format });
}

function script(routes: readonly Route[], host: PlainHost): ExportFile {
  const content = [comment(heading(host)), ...lines(routes, host), ''].join('\n');
  return { path: 'routes.sh', mode: '0755', content };
}

/** A drop-in: the routes join what already configures the device (systemd.network(5)). */
function networkd(routes: readonly Route[], host: PlainHost): ExportFile {
  const device = deviceOf(host, 'networkd');
  const comments = [
    heading(host),
    `name the folder after the .network file that configures ${device}, as networkctl status ${device} shows it`,
  ];
  return {
    path: `/etc/systemd/network/${device}.network.d/50-hawser.conf`,
    mode: '0644',
    content: formatIni(comments, routes.map(routeSection)),
  };
}

const quoted = (text: string): string => JSON.stringify(text);

const netplanRoute = ({ prefix, via, table, metric, mtu }: Route): readonly string[] => [
  `        - to: ${quoted(prefix)}`,
  ...(via === undefined ? [`          scope: link`] : [`          via: ${quoted(via)}`]),
  ...(table === 254 ? [] : [`          table: ${table}`]),
  ...(metric === undefined ? [] : [`          metric: ${metric}`]),
  ...(mtu === undefined ? [] : [`          mtu: ${mtu}`]),
];

/** netplan joins files that speak of the same device. */
function netplan(routes: readonly Route[], host: PlainHost): ExportFile {
  const content = [
    comment(heading(host)),
    'network:',
    '  version: 2',
    '  ethernets:',
    `    ${quoted(deviceOf(host, 'netplan'))}:`,
    ...(routes.length === 0 ? ['      routes: []'] : ['      routes:']),
    ...routes.flatMap(netplanRoute),
    '',
  ];
  return { path: '/etc/netplan/60-hawser.yaml', mode: '0600', content: content.join('\n') };
}

/** cloud-init runs what lies here at each boot, the first one too, once the network is up. */
const perBoot = '/var/lib/cloud/scripts/per-boot/60-hawser-routes';

function cloudInit(routes: readonly Route[], host: PlainHost): ExportFile {
  const content = [
    '#cloud-config',
    comment(heading(host)),
    'write_files:',
    `  - path: ${quoted(perBoot)}`,
    '    permissions: "0755"',
    '    content: |',
    ...['#!/bin/sh', ...lines(routes, host)].map((line) => `      ${line}`),
    '',
  ];
  return { path: 'user-data', mode: '0644', content: content.join('\n') };
}

const renderers: Readonly<
  Record<HostFormat, (routes: readonly Route[], host: PlainHost) => ExportFile>
> = { iproute2: script, netplan, networkd, 'cloud-init': cloudInit };

/**
 * The routes of a host that runs nothing of ours, as the file its own software reads.
 * @throws compile/export-needs-device
 */
export const exportHostFiles = (
  routes: readonly Route[],
  host: PlainHost,
  format: HostFormat,
): readonly ExportFile[] => [
  renderers[format](
    routes.map((route) => withMtu(route, host)),
    host,
  ),
];

/** As `exportHostFiles`, in one text. */
export const exportHost = (routes: readonly Route[], host: PlainHost, format: HostFormat): string =>
  joinFiles(exportHostFiles(routes, host, format));
