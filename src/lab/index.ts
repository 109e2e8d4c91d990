export { applyFile } from './apply.ts';
export { cut, heal } from './cuts.ts';
export { reconcile } from './direct/passes.ts';
export { kill, reboot, requireManaged, type Service, start } from './drills.ts';
export { labErrors } from './errors.ts';
export { type LabEvent, type Report, type Stage, stages } from './events.ts';
export { exec, execQuietly } from './exec.ts';
export { type Lab, openLab, pickLab, stationNamed } from './lab.ts';
export { expectations } from './prove/expect.ts';
export { type Cell, columns, drawGrid, fateOfVerdicts, type Paint } from './prove/grid.ts';
export { proofJson } from './prove/json.ts';
export { prove } from './prove/prove.ts';
export { matrix, pairLines, summary } from './prove/table.ts';
export type { Proof } from './prove/verdict.ts';
export {
  type Cut,
  type LabRecord,
  type LabStatus,
  type Listed,
  listLabs,
  remove,
} from './registry.ts';
export { driftAtServer } from './server/drift.ts';
export { serveStation } from './station/serve.ts';
export {
  describeAddresses,
  describeAgent,
  describeTunnel,
  type MachineStatus,
  statusOf,
} from './status.ts';
export type { Underlay } from './underlay/plan.ts';
export { underlayOf } from './underlay/underlay.ts';
export { up } from './up.ts';
