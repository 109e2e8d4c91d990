import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '#base';
import type { Network } from '#spec';
import { labErrors } from './errors.ts';
import { counting, type Report } from './events.ts';
import { type Lab, stationOf } from './lab.ts';
import { requireAll } from './ready.ts';
import { ask } from './station/client.ts';
import { asksForAddress } from './underlay/stretched.ts';

/** What a machine does with what it is given (udhcpc's script; RFC 2132: 3, 5.1). */
const script = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
[ -z "$mtu" ] || ip link set dev "$interface" mtu "$mtu"
for one in $router; do ip route replace default via "$one" dev "$interface"; done
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
 * Machines of segments ask the DHCP server of their site for their addresses of IPv4, as a real one does. Throws
 * `lab/no-lease` where one is not answered.
 */
export async function askForLeases(lab: Lab, report: Report): Promise<void> {
  const asking = lab.underlay.stations.filter(({ asks }) => asks === true);
  if (asking.length === 0) return;
  const said = counting(report, 'leases', asking.length);
  const file = join(lab.dir, 'udhcpc');
  await mkdir(lab.dir, { recursive: true });
  await writeFile(file, script, { mode: 0o755 });
  await inParallel(asking, 8, async ({ name, device, segment = '', unit }) => {
    const { code, stderr } = await ask(stationOf(lab, name), {
      do: 'run',
      argv: [
        ...['busybox', 'udhcpc', '-f', '-q', '-n', '-i', device, '-s', file],
        ...['-t', String(questions), '-T', '1'],
      ],
    });
    if (code !== 0) {
      const reason = stderr.trim().split('\n').at(-1) ?? '';
      throw labErrors.error('lab/no-lease', { machine: name, segment, site: unit, reason });
    }
    said(name);
  });
}
