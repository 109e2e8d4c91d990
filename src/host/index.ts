export type { Existing } from './adoption/existing.ts';
export {
  type Announcement,
  type Backend,
  endpointKey,
  type Failure,
  type Host,
  type Observation,
  type Wish,
} from './contract.ts';
export { type Device, Devices } from './devices.ts';
export { countLeases, leaseFile } from './dnsmasq/leases.ts';
export { hostErrors } from './errors.ts';
export { findingOf } from './failure.ts';
export { FakeHost } from './fake/index.ts';
export { FakeKernel } from './fake/kernel.ts';
export { writeFileAtomically } from './files.ts';
export { type KernelPart, kernelParts, lackedParts } from './kernel-parts.ts';
export { lacksNftables } from './lacks.ts';
export { emptyWish, type LinuxHost, type LinuxOptions, linuxHost } from './linux.ts';
export { adoptedMarkOf, isAdopted, markOf, networkOf, routeProtocol } from './mark.ts';
export { sightTable } from './nft/read.ts';
export {
  type Counts,
  countingRun,
  entered,
  type Purpose,
  type Run,
  type RunOptions,
  runProcess,
} from './run.ts';
export { hasSystemd } from './systemd.ts';
export { type UnderlayWay, underlayMtu, underlayWay } from './underlay.ts';
export { HandshakeAges } from './wireguard/ages.ts';
