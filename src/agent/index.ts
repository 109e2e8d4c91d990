export { Agent, type AgentComponents } from './agent.ts';
export {
  type ApplyOptions,
  agentKey,
  applyState,
  type CleanupOptions,
  cleanup,
} from './apply.ts';
export { agentErrors } from './errors.ts';
export { observeUnderlay, type Seen } from './observe.ts';
export { describeReport, type Report, type Shortfall } from './report.ts';
export { defaultStateFolder, Store } from './store.ts';
