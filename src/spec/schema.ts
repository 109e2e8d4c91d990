import type Type from 'typebox';
import { sections } from './sections/index.ts';
import * as words from './vocabulary.ts';

const {
  version,
  network,
  overlay,
  topology,
  defaults,
  approvals,
  include,
  sites,
  members,
  segments,
  routers,
  dns,
  groups,
  policy,
  tests,
  monitors,
  status_page: statusPage,
} = sections;

/** Keys that later versions will know. */
const reserved = ['server', 'clouds', 'slurm', 'lanes', 'presented'];

const shared = {
  topology: words.optional(topology.schema),
  defaults: words.optional(defaults.schema),
  approvals: words.optional(approvals.schema),
  include: words.optional(include.schema),
  sites: words.optional(sites.schema),
  members: words.optional(members.schema),
  segments: words.optional(segments.schema),
  routers: words.optional(routers.schema),
  dns: words.optional(dns.schema),
  groups: words.optional(groups.schema),
  policy: words.optional(policy.schema),
  tests: words.optional(tests.schema),
  monitors: words.optional(monitors.schema),
  status_page: words.optional(statusPage.schema),
};

/** The whole file. */
export const FileSchema = words.mapping(
  { version: version.schema, network: network.schema, overlay: overlay.schema, ...shared },
  { title: 'Hawser network', description: 'One private network, as it should be.' },
  reserved,
);
export type FileSource = Type.Static<typeof FileSchema>;
