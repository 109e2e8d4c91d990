import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '#base';
import { mtusToTell } from '#compile';
import type { Segment } from '#spec';
import { type Lab, stationOf } from './lab.ts';
import { homeOf } from './machine.ts';
import { ask } from './station/client.ts';
import type { Station } from './underlay/plan.ts';

/** How long an address is given for: longer than a lab lives, as nobody renews one in it. */
const leaseTime = '24h';
/** dnsmasq serves no longer prefixes of IPv6, and advertises no others (its manual, `--dhcp-range`). */
const shortest6 = 64;

/** Machines that stand for DHCP servers of clouds. */
const cloudServers = ({ underlay }: Lab): readonly Station[] =>
  underlay.stations.filter(({ kind }) => kind === 'dhcp');

export const cloudServer = (lab: Lab, machine: string): Station | undefined =>
  cloudServers(lab).find(({ name }) => name === machine);

/** DHCP servers of clouds answer, by what is known now. */
export async function serveClouds(lab: Lab): Promise<void> {
  await inParallel(cloudServers(lab), 8, (server) => serveCloud(lab, server));
}

/** One of them answers: machines of the file and nobody else, with what its `check` says a cloud is to tell. */
export async function serveCloud(lab: Lab, server: Station): Promise<void> {
  const segment = lab.model.network.segments.find(({ name }) => name === server.segment);
  if (!segment) return;
  const client = stationOf(lab, server.name);
  const known = join(homeOf(lab.dir, server.name), 'known');
  await writeFile(known, knownText(segment, server.unit));
  await ask(client, { do: 'kill-server' });
  const argv = argvOf(segment, server, known, mtuAt(lab, server));
  await ask(client, { do: 'start-server', argv, log: logOf(lab, server) });
}

/** What it says. */
const logOf = ({ dir }: Lab, { name }: Station): string => join(homeOf(dir, name), 'dhcp.log');

/** The last line of the one at the site of a machine, where its cloud has one. */
export async function lastWordsOfCloud(lab: Lab, of: Station): Promise<readonly string[]> {
  const own = cloudServers(lab).find(
    ({ segment, unit }) => segment === of.segment && unit === of.unit,
  );
  if (!own) return [];
  const text = await readFile(logOf(lab, own), 'utf8').catch(() => '');
  return [`${own.name}: ${text.trim().split('\n').at(-1)}`];
}

const knownText = ({ stations }: Segment, site: string): string =>
  stations
    .filter((one) => one.site === site)
    .map(({ mac, name, addresses }) => {
      const given = addresses.map((one) => (one.family === 6 ? `[${one}]` : `${one}`));
      return `${[mac, ...given, name].join(',')}\n`;
    })
    .join('');

const mtuAt = ({ model }: Lab, { segment, unit }: Station): number | undefined =>
  mtusToTell(model).find((one) => one.segment === segment && one.site === unit)?.mtu;

/** dnsmasq(8) much as the DHCP agent of Neutron runs it: ranges without addresses to give but to whom it knows. */
function argvOf(
  { subnets, routers, dns }: Segment,
  { device, addresses }: Station,
  known: string,
  mtu: number | undefined,
): readonly string[] {
  const served = subnets.filter(
    ({ family, length }) =>
      addresses.some((one) => one.family === family) && (family === 4 || length >= shortest6),
  );
  const ranges = served.map(({ family, first, length }) =>
    [first, 'static', ...(family === 6 ? [length] : []), leaseTime].join(','),
  );
  const has6 = served.some(({ family }) => family === 6);
  const told = (option: string, list: Segment['dns'], family: 4 | 6): string => {
    const own = list.filter((one) => one.family === family);
    const values = own.map((one) => (family === 6 ? `[${one}]` : `${one}`));
    return `--dhcp-option=${[option, ...values].join(',')}`;
  };
  return [
    ...['dnsmasq', '--conf-file=/dev/null', '--keep-in-foreground', '--log-facility=-'],
    // It may be root that has no other users.
    ...['--user=root', '--group=root', '--no-resolv', '--no-hosts', '--no-poll', '--port=0'],
    ...['--bind-dynamic', `--interface=${device}`, '--except-interface=lo'],
    ...['--dhcp-authoritative', '--leasefile-ro', `--dhcp-hostsfile=${known}`],
    ...ranges.map((range) => `--dhcp-range=${range}`),
    told('option:router', routers, 4),
    told('option:dns-server', dns, 4),
    ...(has6 ? [told('option6:dns-server', dns, 6)] : []),
    ...(mtu === undefined ? [] : [`--dhcp-option-force=option:mtu,${mtu}`]),
    // Who hears it asks DHCPv6, and hears of no router.
    ...(has6 ? ['--enable-ra', `--ra-param=${device},mtu:${mtu ?? 'off'},60,0`] : []),
  ];
}
