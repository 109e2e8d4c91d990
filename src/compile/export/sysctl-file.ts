import { comment, type ExportFile } from './formats.ts';
import { settingsOf } from './ip-lines.ts';
import type { TunnelPlan } from './plan.ts';

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
