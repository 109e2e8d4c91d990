import Type, { type Static } from 'typebox';
import { network, OfNetwork, type RouteShape, route } from './route.ts';
import { RevisionId, Time } from './schemas.ts';

/** What other processes say may be long: it is cut where it is read. */
const Said = Type.String({ maxLength: 8_192 });
const Amount = Type.Number();

/**
 * up: it answers as it should. degraded: it does, and a part of it does not. busy: it takes connections and does not
 * answer. down: it cannot be reached, or answers wrongly. unknown: nobody looks.
 */
export const MonitorState = Type.Union([
  Type.Literal('down'),
  Type.Literal('busy'),
  Type.Literal('degraded'),
  Type.Literal('unknown'),
  Type.Literal('up'),
]);
export type MonitorState = Static<typeof MonitorState>;

const Condition = { state: MonitorState, why: Type.Optional(Said) };

/** What a Pyro name server knows: a name, where it is, its tags. */
export const PyroEntry = Type.Object({ name: Said, uri: Said, tags: Type.Array(Said) });
export type PyroEntry = Static<typeof PyroEntry>;

export const PyroJob = Type.Object({
  key: Said,
  user: Type.Optional(Said),
  /** Seconds. */
  running: Type.Optional(Amount),
  uri: Type.Optional(Said),
  /** The end of its log. */
  tail: Type.Optional(Said),
});
export type PyroJob = Static<typeof PyroJob>;

/** A job manager of MuPIF; numbers are of jobs. */
export const JobManager = Type.Object({
  name: Said,
  uri: Said,
  ...Condition,
  signature: Type.Optional(Said),
  running: Type.Optional(Amount),
  max: Type.Optional(Amount),
  /** Since it started. */
  total: Type.Optional(Amount),
  jobs: Type.Array(PyroJob),
});
export type JobManager = Static<typeof JobManager>;

const Execution = Type.Object({
  id: Said,
  workflow: Said,
  status: Said,
  started: Said,
  finished: Said,
});

/** A scheduler of MuPIF; numbers are of tasks. */
export const Scheduler = Type.Object({
  name: Said,
  uri: Said,
  ...Condition,
  /** running, scheduled, processed, finished, failed. */
  counts: Type.Record(Type.String(), Amount),
  /** Percent. */
  load: Type.Optional(Amount),
  last: Type.Array(Execution),
  /** By the hour, the present one last: processed, pooled, finished, failed, load. */
  hours: Type.Record(Type.String(), Type.Array(Amount, { maxItems: 48 })),
});
export type Scheduler = Static<typeof Scheduler>;

const Count = Type.Optional(Type.Integer({ minimum: 1 }));

/** A platform behind a Pyro name server. */
export const Platform = Type.Object({
  /** Of those that it has, how many are not told, as they are too many: of job managers and schedulers, none of these was asked. */
  leftOut: Type.Optional(Type.Object({ objects: Count, jobManagers: Count, schedulers: Count })),
  objects: Type.Array(PyroEntry),
  jobManagers: Type.Array(JobManager),
  schedulers: Type.Array(Scheduler),
});
export type Platform = Static<typeof Platform>;

/** What a look at a service found. */
export const MonitorResult = Type.Object({
  ...Condition,
  /** Milliseconds until it answered. */
  took: Type.Optional(Amount),
  platform: Type.Optional(Platform),
});
export type MonitorResult = Static<typeof MonitorResult>;

/** A result, for how many seconds it has been so, and how many ago the look ended that found it; absent: just now. */
export const TimedResult = Type.Object({
  ...MonitorResult.properties,
  lasts: Type.Integer({ minimum: 0 }),
  ago: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type TimedResult = Static<typeof TimedResult>;

/** A service of the network, and how it is. */
export const MonitorStatus = Type.Object({
  name: Type.String(),
  type: Type.String(),
  /** What is looked at: host and port, or a URL. */
  target: Type.String(),
  /** The machine that looks. */
  from: Type.String(),
  ...Condition,
  took: Type.Optional(Amount),
  /** When the machine looked last, and since when it found it so. */
  at: Type.Optional(Time),
  since: Type.Optional(Time),
  platform: Type.Optional(Platform),
});
export type MonitorStatus = Static<typeof MonitorStatus>;

export const MonitorsStatus = Type.Object({
  network: Type.String(),
  revision: RevisionId,
  monitors: Type.Array(MonitorStatus),
});
export type MonitorsStatus = Static<typeof MonitorsStatus>;

export const monitorRoutes = {
  monitors: route({
    method: 'GET',
    path: `${network}/monitors`,
    permission: 'read',
    summary: 'The services that machines of a network look at, and how each is',
    params: OfNetwork,
    query: Type.Object({
      /** Without what is known of platforms. */
      brief: Type.Optional(Type.Boolean()),
    }),
    response: MonitorsStatus,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
