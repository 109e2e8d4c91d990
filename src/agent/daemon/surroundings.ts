import type { Finding, FromAgent, MonitorsReport, SamplesReport, SegmentsReport } from '#api';
import type { Counted } from '../segments/tables.ts';
import type { Path } from './path.ts';

/** What the keeping of a network asks of its channel. */
export interface Surroundings {
  /** The connection to the server, if there is one. */
  readonly path: () => Path | undefined;
  /** A new connection is to show whether the server can still be reached. */
  readonly prove: () => void;
  readonly tell: (
    message: Extract<FromAgent, { readonly type: 'report' | 'drift' | 'seen' }>,
  ) => void;
  /** False where no server listens: what it would have heard is old by the time that one does. */
  readonly sample: (report: SamplesReport | MonitorsReport | SegmentsReport) => boolean;
}

/** What the machine holds of a network, for people and servers. */
export interface Holding {
  readonly frozen: boolean;
  /** Revision that the machine is at, and the one that was confirmed last. */
  readonly revision?: number;
  readonly confirmed?: number;
  /** Whether all of it is so. */
  readonly complete: boolean;
  readonly quarantined: number;
  readonly failures: readonly Finding[];
  /** What a person should know of the machine that is no failure. */
  readonly notes?: readonly Finding[];
  /** Machines of its segments; absent: it carries none to a site. */
  readonly machines?: readonly Counted[];
}
