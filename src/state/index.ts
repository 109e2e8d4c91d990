export { adoptedKey, adoptedPair, isAdoptedKey } from './adopted.ts';
export type { Change, EditOf, Impact, Move } from './change.ts';
export { applyDelta, type Delta, delta } from './delta.ts';
export { describeChange } from './describe.ts';
export { describeChanges } from './describe-all.ts';
export type { DhcpServer } from './dhcp-schema.ts';
export { diff } from './diff.ts';
export { stateErrors } from './errors.ts';
export { facilityVersions } from './facilities.ts';
export { hashState } from './hash.ts';
export * from './items.ts';
export { canonicalElement, writeRule } from './nft-text.ts';
export { parseHostState } from './parse.ts';
export { patch } from './patch.ts';
export type { Probes } from './probe-schema.ts';
export { type DeviceWanted, type Resolver, symbolic } from './resolve.ts';
export { same } from './same.ts';
export * from './schema.ts';
export { sha256 } from './sha256.ts';
export { inBridge, trackedByBridge, wantsBridged } from './tracked.ts';
export { unreachableMetric } from './unreachable.ts';
export {
  emptyNamespace,
  emptyView,
  itemsOf,
  type NamespaceBuilder,
  type NamespaceView,
  putItem,
  type View,
  ViewBuilder,
} from './view.ts';
export { viewOf } from './view-of.ts';
