import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '#base';
import type { Network } from '#spec';
import { lastWordsOfCloud, serveClouds } from './cloud-dhcp.ts';
import { labErrors } from './errors.ts';
import { counting, type Report } from './events.ts';
import { type Lab, stationOf } from './lab.ts';
import { requireAll } from './ready.ts';
import { ask, type StationClient } from './station/client.ts';
import type { Station } from './underlay/plan.ts';
import { asksForAddress } from './underlay/stretched.ts';

/** What a machine was given, and by whom. */
export interface Lease {
  readonly address: string;
  /** The DHCP server's address (RFC 2132, 9.7). */
  readonly server: string;
}

/** Where a machine keeps that; each has a /run of its own. */
const leaseFile = '/run/dhcp-lease';

/** What a machine does with what it is given (udhcpc's script; RFC 2132: 3, 5.1). */
const script = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
[ -z "$mtu" ] || ip link set dev "$interface" mtu "$mtu"
for one in $router; do ip route replace default via "$one" dev "$interface"; done
echo "$ip $serverid" >${leaseFile}
`;

/** One question a second. */
const questions = 30;

/** Makes sure that machines can ask for addresses, where they are to. Throws `lab/missing-programs`. */
export function requireClients({ segments }: Network): void {
  const isAsked = segments.some(({ sites, stations }) =>
    stations.some(({ site }) => sites.some((here) => here.site === site && asksForAddress(here))),
  );
  if (isAsked) requireAll({ busybox: 'busybox', dnsmasq: 'dnsmasq-base' });
}

/**
 * Machines of segments ask the DHCP server of their site, ours or the cloud's, for their addresses of IPv4, as a real
 * one does. Throws `lab/no-lease` where one is not answered, or by another.
 */
export async function askForLeases(lab: Lab, report: Report): Promise<void> {
  await serveClouds(lab);
  const asking = lab.underlay.stations.filter(({ asks }) => asks === true);
  if (asking.length === 0) return;
  const said = counting(report, 'leases', asking.length);
  const file = join(lab.dir, 'udhcpc');
  await mkdir(lab.dir, { recursive: true });
  await writeFile(file, script, { mode: 0o755 });
  await inParallel(asking, 8, async (station) => {
    const { address, server } = await askForLease(lab, station, file);
    said(`${station.name}: ${address} from ${server}`);
  });
}

async function askForLease(lab: Lab, station: Station, file: string): Promise<Lease> {
  const { name, device, segment = '', unit } = station;
  const { stderr } = await ask(stationOf(lab, name), {
    do: 'run',
    argv: [
      ...['busybox', 'udhcpc', '-f', '-q', '-n', '-i', device, '-s', file],
      ...['-t', String(questions), '-T', '1'],
    ],
  });
  const lease = await leaseOf(stationOf(lab, name));
  if (lease && isOwn(lab, station, lease)) return lease;
  const reason = lease
    ? `${lease.server} gave it ${lease.address}`
    : [stderr.trim().split('\n').at(-1) ?? '', ...(await lastWordsOfCloud(lab, station))].join(
        '; ',
      );
  throw labErrors.error('lab/no-lease', { machine: name, segment, site: unit, reason });
}

/** Whether it is what the file says, from the server of the machine's own site. */
function isOwn({ network }: Lab, { segment, unit, addresses }: Station, lease: Lease): boolean {
  const sites = network.segments.find(({ name }) => name === segment)?.sites;
  const servers = sites?.find(({ site }) => site === unit)?.dhcp.addresses ?? [];
  return (
    servers.some((one) => String(one) === lease.server) &&
    addresses.some((one) => String(one) === lease.address)
  );
}

/** What a machine was given since it was started. */
export async function leaseOf(client: StationClient): Promise<Lease | undefined> {
  const { code, stdout } = await ask(client, { do: 'run', argv: ['cat', leaseFile] });
  const [address = '', server = ''] = stdout.trim().split(' ');
  return code === 0 ? { address, server } : undefined;
}
