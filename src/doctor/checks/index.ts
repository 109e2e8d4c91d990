import type { Check } from '../check.ts';
import { agentChecks } from './agent.ts';
import { forwardingChecks } from './forwarding.ts';
import { nameChecks } from './names.ts';
import { peerChecks } from './peers.ts';
import { portChecks } from './ports.ts';
import { programChecks } from './programs.ts';
import { routerChecks } from './routers.ts';
import { routeChecks } from './routes.ts';
import { segmentKernelChecks } from './segment-kernel.ts';
import { serverChecks } from './server.ts';

/** All checks, in the order in which they are told. */
export const checks: readonly Check[] = [
  ...programChecks,
  ...segmentKernelChecks,
  ...agentChecks,
  ...portChecks,
  ...peerChecks,
  ...forwardingChecks,
  ...routeChecks,
  ...routerChecks,
  ...nameChecks,
  ...serverChecks,
];
