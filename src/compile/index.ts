export { type AccessMatrix, accessMatrix } from './access.ts';
export { affected } from './affected.ts';
export { allocate, settled, wireguardMachines } from './allocate.ts';
export type * from './api.ts';
export { check } from './check/check.ts';
export { mtusToTell } from './check/segment-mtu.ts';
export { flowClasses } from './classes.ts';
export {
  type ExportFile,
  exportHost,
  exportHostFiles,
  exportMachine,
  exportMachineFiles,
  exportNames,
  type HostFormat,
  hostFormats,
  type MachineFormat,
  machineFormats,
  namesFormat,
} from './export/index.ts';
export { factsFileName, parseFacts, writeFacts } from './facts.ts';
export { type Expectations, expectationsOf } from './flows.ts';
export {
  type Imported,
  type ImportFormat,
  type ImportOptions,
  importFormats,
  importNetwork,
  type Left,
} from './import/index.ts';
export type * from './inputs.ts';
export { emptyFacts, rotationPhases } from './inputs.ts';
export type { Leaving } from './inside/leaving.ts';
export {
  type AskedForOptions,
  type OnPort,
  type SegmentExpectations,
  type SegmentPart,
  segmentExpectations,
} from './inside/segment-flows.ts';
export { type UnnamedAt, type UnnamedFlows, unnamedFlows } from './inside/unnamed.ts';
export type { Untried } from './inside/untried.ts';
export { assumeKeys, link } from './link.ts';
export type { Model } from './model.ts';
export { type TunnelPair, tunnelPairs } from './pairs.ts';
export type { AccessChange } from './plan/access.ts';
export { sharedFacts } from './plan/keys.ts';
export { hasChanges, type MachineChanges, machineChanges, type Plan, plan } from './plan/plan.ts';
export { formatPlan } from './plan/text.ts';
export { joinPorts, portAtoms } from './port-atoms.ts';
export { closedPorts } from './port-words.ts';
export { hostRoutes, siteRouterRoutes } from './project/host-routes.ts';
export { isGatewayOnly } from './project/hosts-behind.ts';
export { machinesOf, project } from './project/project.ts';
export { spaceName } from './project/segments/space.ts';
export { restoredFacts, revokedFacts, turnedOver } from './revoked.ts';
export {
  advanced,
  awaited,
  begun,
  ended,
  fileHolders,
  homeIn,
  inPhase,
  partnersOf,
  portHolder,
  portsBetween,
  type RotationPort,
  rotationPorts,
} from './rotation.ts';
export { sharedFamilies, trace } from './trace/trace.ts';
export { type TunnelEndPlan, tunnelEnds } from './tunnel-ends.ts';
