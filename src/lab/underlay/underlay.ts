import type { Network } from '#spec';
import { Draft } from './draft.ts';
import { familiesOf } from './endpoints.ts';
import { addMember } from './member.ts';
import { addOutside } from './outside.ts';
import type { Underlay } from './plan.ts';
import { addServer } from './server.ts';
import { addSite } from './site.ts';
import { spaceBeside } from './space.ts';
import { addSegments } from './stretched.ts';

/**
 * The world a network lives in, as the file describes it: an internet that routes nothing but public
 * addresses, a router and LANs per site, NATs before those without endpoint, what routers of segments lead to; last, so that no address
 * depends on it, the machine of a server by this name. Pure.
 */
export function underlayOf(network: Network, server?: string): Underlay {
  const draft = new Draft(spaceBeside(network), familiesOf(network));
  for (const site of network.sites) addSite(draft, site, network.routers);
  for (const member of network.members) addMember(draft, member, network);
  addSegments(draft, network);
  addOutside(draft, network);
  if (server !== undefined) addServer(draft, server);
  return draft.finish();
}
