export {
  type ExportFile,
  type HostFormat,
  hostFormats,
  type MachineFormat,
  machineFormats,
} from './formats.ts';
export { exportHost, exportHostFiles, type PlainHost } from './host.ts';
export { exportMachine, exportMachineFiles } from './machine.ts';
export type { ExportOptions } from './plan.ts';
