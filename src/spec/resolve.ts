import type { Place } from '#base';
import type { Report } from './document.ts';
import { Draft } from './draft.ts';
import { errors } from './errors.ts';
import type { Network } from './network.ts';
import { type Loose, originOf } from './origin.ts';
import { reportOverlaps } from './overlap.ts';
import { placeMonitors } from './place-monitors.ts';
import { checkTunnels } from './routers/tunnel.ts';
import type { FileSource } from './schema.ts';
import { interfaceOf } from './sections/head.ts';
import { type SectionName, sections } from './sections/index.ts';
import { checkLinkedMembers } from './sections/topology.ts';
import { checkSegments } from './segments/check.ts';
import type { PoolProposal } from './segments/propose.ts';
import { reportShadows } from './shadows.ts';
import { reportJumpCycles } from './ssh.ts';
import { reportUnroutable } from './unroutable.ts';

export interface Resolved {
  readonly network: Network;
  readonly proposals: readonly PoolProposal[];
}

/**
 * Reads the sections in the order of their references: names first, then who uses them. The answer
 * is a Network only if nothing was reported as an error.
 */
export function resolve(file: Loose<FileSource>, report: Report): Resolved {
  const draft = new Draft(report);
  const { place, fields } = originOf(file);
  const at = (key: SectionName): Place => fields[key] ?? place;
  const { version, network, overlay, defaults, approvals, sites, members } = sections;
  const { segments, routers, dns, groups, topology, policy, tests, monitors } = sections;

  const name = network.read(file.network, draft, at('network'));
  draft.network = name;
  draft.overlay = overlay.read(file.overlay, draft, at('overlay'));
  const given = defaults.read(file.defaults, draft, at('defaults'));
  draft.defaults = { interface: defaultInterface(name, given, report, at('network')), ...given };
  const everySite = sites.read(file.sites, draft, at('sites'));
  const everyMember = members.read(file.members, draft, at('members'));
  const everySegment = segments.read(file.segments, draft, at('segments'));
  draft.segments = everySegment;
  const everyRouter = routers.read(file.routers, draft, at('routers'));
  draft.routers = everyRouter;
  checkSegments(everySegment, everySite, everyRouter, draft);
  const names = dns.read(file.dns, draft, at('dns'));
  const everyGroup = groups.read(file.groups, draft, at('groups'));
  const shape = topology.read(file.topology, draft, at('topology'));
  const rules = policy.read(file.policy, draft, at('policy'));
  checkLinkedMembers(shape, everyMember, draft);
  if (names) reportShadows(names, everySite, everyMember, draft);
  const written = monitors.read(file.monitors, draft, at('monitors'));
  const around = { topology: shape, sites: everySite, members: everyMember };
  const everyMonitor = placeMonitors(written, around, draft);
  checkTunnels(
    everyRouter,
    { sites: everySite, segments: everySegment, monitors: everyMonitor },
    draft,
  );
  draft.names.checkFormer();
  reportJumpCycles(draft);
  reportUnroutable(draft.ranges, report);
  reportOverlaps(draft.ranges, report);
  const page = sections.status_page.read(file.status_page, draft, at('status_page'));
  const resolved: Network = {
    version: version.read(file.version, draft, at('version')),
    name,
    overlay: draft.overlay,
    topology: shape,
    sites: everySite,
    members: everyMember,
    segments: everySegment,
    routers: everyRouter,
    ...(names && { dns: names }),
    groups: everyGroup,
    ...(rules && { policy: rules }),
    tests: tests.read(file.tests, draft, at('tests')),
    monitors: everyMonitor,
    ...(page && { statusPage: page }),
    approvals: approvals.read(file.approvals, draft, at('approvals')),
    place,
    fields,
  };
  return { network: resolved, proposals: draft.proposals };
}

function defaultInterface(
  network: string,
  given: { readonly interface?: string },
  report: Report,
  place: Place,
): string {
  const made = interfaceOf(network);
  if (made !== undefined || given.interface !== undefined) return made ?? '';
  const long = `hw-${network}`;
  const args = { interface: long, length: long.length };
  report(errors.diagnostic('spec/long-interface', args, { place, text: network }));
  return long;
}
