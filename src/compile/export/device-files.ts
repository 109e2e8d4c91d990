import type { Route } from '#state';
import { comment, type ExportFile } from './formats.ts';
import { routeLine, settingsOf } from './ip-lines.ts';
import type { TunnelPlan } from './plan.ts';

/*
 * systemd-networkd and NetworkManager describe a device: here is what a HostState says about the
 * tunnel's, and what it says about the rest of the machine.
 */

const isOwn = (plan: TunnelPlan, { device, via }: Route): boolean =>
  device === plan.device || (device === undefined && via === undefined);

/** Routes that leave by the tunnel. */
export const ownRoutes = (plan: TunnelPlan): readonly Route[] =>
  plan.routes.filter((route) => isOwn(plan, route));

/** In words, what the files of one device cannot hold. */
export function remarksOf(plan: TunnelPlan): readonly string[] {
  const routes = plan.routes
    .filter((route) => !isOwn(plan, route))
    .map((route) => `the route of another device: ${routeLine('replace', route, undefined)}`);
  const all = [...plan.beyond, ...settingsOf(plan).left, ...routes, ...looseFilter(plan)];
  return all.map((one) => `not in these files: ${one}`);
}

/** A strict filter looks for the way back without the mark, and drops what the peers send. */
const looseFilter = ({ rules }: TunnelPlan): readonly string[] =>
  rules.length === 0
    ? []
    : ['loose reverse-path filtering: if rp_filter is 1, set net.ipv4.conf.all.rp_filter to 2'];

/**
 * The kernel settings of the machine for sysctl.d(5), which udev applies to a device when it appears;
 * no file when there are none.
 */
export function sysctlFiles(plan: TunnelPlan): readonly ExportFile[] {
  const { settings } = settingsOf(plan);
  if (settings.length === 0) return [];
  const lines = [
    comment(`${plan.machine} in the network ${plan.network}`),
    ...settings.map(({ path, value }) => `${path} = ${value}`),
    '',
  ];
  const path = `/etc/sysctl.d/60-hawser-${plan.device}.conf`;
  return [{ path, mode: '0644', content: lines.join('\n') }];
}
