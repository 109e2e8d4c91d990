import type { AnySection } from '../section.ts';
import { dns } from './dns.ts';
import { groups } from './groups.ts';
import { approvals, defaults, include, network, version } from './head.ts';
import { members } from './members.ts';
import { monitors } from './monitors.ts';
import { overlay } from './overlay.ts';
import { policy } from './policy.ts';
import { routers } from './routers.ts';
import { segments } from './segments.ts';
import { sites } from './sites.ts';
import { statusPage } from './status-page.ts';
import { tests } from './tests.ts';
import { topology } from './topology.ts';

/** All keys of the file, in the order of the docs. */
export const sections = {
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
} as const satisfies Record<string, AnySection>;

export type SectionName = keyof typeof sections;
