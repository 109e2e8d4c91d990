export {
  type ExportFile,
  type HostFormat,
  hostFormats,
  type MachineFormat,
  machineFormats,
  namesFormat,
} from './formats.ts';
export { exportHost, exportHostFiles } from './host.ts';
export { exportMachine, exportMachineFiles } from './machine.ts';
export { exportNames } from './names.ts';
