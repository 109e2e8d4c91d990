import { gatherAgent } from './agent.ts';
import { gatherFirewall } from './firewall.ts';
import { gatherFolder, gatherServerHere } from './folder.ts';
import type { Gatherers } from './gathering.ts';
import { gatherDevices, gatherNetworks, gatherTunnels } from './networks.ts';
import { gatherPeers } from './peers.ts';
import { gatherKernel, gatherPrograms } from './programs.ts';
import { gatherNames, gatherResolver } from './resolver.ts';
import { gatherRouters } from './routers.ts';
import { gatherRoutes } from './routes.ts';
import { gatherSegmentKernel } from './segment-kernel.ts';
import { gatherServers } from './servers.ts';
import { gatherSockets } from './sockets.ts';
import { gatherSysctlLines, gatherSysctls } from './sysctls.ts';

/** Where each fact comes from. */
export const gatherers: Gatherers = {
  programs: gatherPrograms,
  kernel: gatherKernel,
  segmentKernel: gatherSegmentKernel,
  devices: gatherDevices,
  networks: gatherNetworks,
  agent: gatherAgent,
  tunnels: gatherTunnels,
  sockets: gatherSockets,
  firewall: gatherFirewall,
  sysctls: gatherSysctls,
  sysctlLines: gatherSysctlLines,
  routes: gatherRoutes,
  routers: gatherRouters,
  peers: gatherPeers,
  servers: gatherServers,
  resolver: gatherResolver,
  names: gatherNames,
  folder: gatherFolder,
  serverHere: gatherServerHere,
  now: async () => new Date(),
};
