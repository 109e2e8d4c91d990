export { type Adoption, Adoptions } from './adoption/adoption.ts';
export { type Brought, readBrought } from './adoption/brought.ts';
export { disableUnit } from './adoption/end.ts';
export { type Hook, hooksOf } from './adoption/hooks.ts';
export { type Owner, ownersOf } from './adoption/owners.ts';
export { adoptionOf, type Released, release } from './adoption/release.ts';
export { Agent, type AgentComponents } from './agent.ts';
export {
  type ApplyOptions,
  agentKey,
  applyState,
  type CleanupOptions,
  cleanup,
} from './apply.ts';
export { serverBootRemedy, serverStartsAtBoot, startsAtBoot } from './boot.ts';
export { type Dial, dial } from './channel/dial.ts';
export { Link } from './channel/link.ts';
export { cloudHere } from './cloud.ts';
export {
  type AgentStatus,
  type Answers,
  askAgent,
  type Request,
  type Shown,
} from './daemon/control.ts';
export { type DaemonOptions, runAgent } from './daemon/daemon.ts';
export { leasesIn } from './daemon/leases.ts';
export type { Timings } from './daemon/machine.ts';
export type { SessionStatus } from './daemon/session.ts';
export { type Enrolment, Enrolments } from './enrolment.ts';
export { agentErrors } from './errors.ts';
export { type HeldState, heldStates } from './held.ts';
export { type Joined, type JoinOptions, joinNetwork, nameOfHost } from './join.ts';
export { observeUnderlay, type Seen } from './observe.ts';
export { describeReport, type Report, type Shortfall } from './report.ts';
export { MachineResolver } from './resolve.ts';
export { type Started, type StartOptions, startAgent } from './start.ts';
export { agentStatus, type Health } from './status.ts';
export { restartAgent, stopAgent } from './stop.ts';
export { defaultStateFolder, Store } from './store.ts';
export { type BootHint, bootHint } from './supervisor/boot.ts';
export { whenOrphaned } from './supervisor/orphan.ts';
export { agentLog, startSupervisor } from './supervisor/start.ts';
export { superviseAgent } from './supervisor/supervise.ts';
export { outcomeOf, refusalOf } from './trials/outcome.ts';
export { isUnit } from './unit.ts';
