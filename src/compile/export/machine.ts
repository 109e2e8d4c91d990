import { canonicalJson } from '#base';
import type { HostState } from '#state';
import { qrFile, windowsFile } from './apps.ts';
import { type ExportFile, joinFiles, type MachineFormat } from './formats.ts';
import { networkdFiles } from './networkd.ts';
import { networkManagerFiles } from './networkmanager.ts';
import { type ExportOptions, planOf, type TunnelPlan } from './plan.ts';
import { wgFile, wgQuickFile } from './quick.ts';

type Renderer = (plan: TunnelPlan) => readonly ExportFile[];

const renderers: Readonly<Record<Exclude<MachineFormat, 'hoststate'>, Renderer>> = {
  wg: (plan) => [wgFile(plan)],
  'wg-quick': (plan) => [wgQuickFile(plan)],
  networkd: networkdFiles,
  networkmanager: networkManagerFiles,
  windows: (plan) => [windowsFile(plan)],
  qr: (plan) => [qrFile(plan)],
};

/** Sorted by key and indented, for people and for `hawser agent apply --state FILE`. */
const hostStateFile = (state: HostState): ExportFile => ({
  path: `${state.machine}.json`,
  mode: '0644',
  content: `${JSON.stringify(JSON.parse(canonicalJson(state)), null, 2)}\n`,
});

/**
 * What a machine needs to take part without Hawser running on it, as the files its own software
 * reads. The same state and secrets give the same bytes.
 * @throws compile/export-no-tunnel
 */
export function exportMachineFiles(
  state: HostState,
  format: MachineFormat,
  options: ExportOptions = {},
): readonly ExportFile[] {
  if (format === 'hoststate') return [hostStateFile(state)];
  return renderers[format](planOf(state, format, options));
}

/** As `exportMachineFiles`, in one text; `qr` gives the text that the code should hold. */
export const exportMachine = (
  state: HostState,
  format: MachineFormat,
  options: ExportOptions = {},
): string => joinFiles(exportMachineFiles(state, format, options));
