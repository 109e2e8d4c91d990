import type { JobManager, MonitorResult, MonitorState, Platform, PyroEntry, Scheduler } from '#api';
import { HawserError, inParallel } from '#base';
import { cannotSay, hasNoMethod, PyroObject } from './client.ts';
import { type FoundJob, type FoundManager, logOf, withLogs } from './logs.ts';
import { entries, list, member, number, optionalText, tail, text } from './said.ts';
import { type PyroUri, parseUri } from './uri.ts';

/** So much is told of one platform, and so many of its services are asked at once. */
const most = {
  ...{ objects: 500, tags: 20, jobManagers: 100, schedulers: 100 },
  ...{ jobs: 50, executions: 20, hours: 48 },
} as const;
const atOnce = 8;

/** Errors that mean: somebody is there, and does not answer. */
const busy = 'monitors/busy';

const nameServer = 'Pyro.NameServer';
/** MuPIF's, by which its services are found. */
const tags = ['type:jobmanager', 'type:scheduler', 'type:appserver'] as const;

/**
 * A platform as its name server knows it: job managers and schedulers are those with MuPIF's tags. Each is asked for
 * itself, within so many seconds: one that hangs keeps none from being told.
 */
export async function lookAtPlatform(
  at: Omit<PyroUri, 'object'>,
  seconds: number,
): Promise<MonitorResult> {
  const began = performance.now();
  try {
    const objects = await objectsOf({ ...at, object: nameServer }, seconds);
    const took = Math.round(performance.now() - began);
    const all: All = {
      objects,
      jobManagers: withTag(objects, tags[0]),
      schedulers: withTag(objects, tags[1]),
    };
    const told = (kind: keyof All): readonly PyroEntry[] => all[kind].slice(0, most[kind]);
    const platform: Platform = {
      ...leftOutOf(all),
      objects: told('objects').map((one) => ({ ...one, tags: one.tags.slice(0, most.tags) })),
      jobManagers: withinRoom(
        await withLogs(await ask(told('jobManagers'), seconds, jobManagerOf), seconds),
      ),
      schedulers: await ask(told('schedulers'), seconds, schedulerOf),
    };
    const failing = [...platform.jobManagers, ...platform.schedulers].filter(
      ({ state }) => state !== 'up',
    );
    const state = failing.length === 0 ? 'up' : 'degraded';
    const why = failing.map(({ name, state: is }) => `${name} is ${is}`).join(', ');
    return { state, ...(why !== '' && { why: why.slice(0, 500) }), took, platform };
  } catch (error) {
    return conditionOf(error);
  }
}

/** What an error says of the one who was asked. @throws what is no finding of ours */
function conditionOf(error: unknown): { readonly state: MonitorState; readonly why: string } {
  if (!(error instanceof HawserError)) throw error;
  return { state: error.code === busy ? 'busy' : 'down', why: error.message };
}

/** All that is there, before it is cut: which are asked is chosen out of all, wherever in the list they stand. */
type All = Readonly<Record<keyof NonNullable<Platform['leftOut']>, readonly PyroEntry[]>>;

/** How many of each kind there is no room for. */
function leftOutOf(all: All): Pick<Platform, 'leftOut'> {
  const kinds = ['objects', 'jobManagers', 'schedulers'] as const;
  const counts = kinds.flatMap((kind) => {
    const more = all[kind].length - most[kind];
    return more > 0 ? [[kind, more] as const] : [];
  });
  return counts.length === 0 ? {} : { leftOut: Object.fromEntries(counts) };
}

/** What the name server knows, each with its tags. */
async function objectsOf(uri: PyroUri, seconds: number): Promise<readonly PyroEntry[]> {
  const all = await askNames(uri, seconds, 'list', { return_metadata: true }).catch(
    async (error: unknown) => {
      if (!cannotSay(error)) throw error;
      // Of what was registered without tags it says an empty set that JSON does not know (Pyro5 5.14, nameserver.py).
      const names = await askNames(uri, seconds, 'list', {});
      const tagged = await askNames(uri, seconds, 'yplookup', { meta_any: tags });
      return Object.fromEntries([...entries(names, Infinity), ...entries(tagged, Infinity)]);
    },
  );
  return entries(all, Infinity).map(([name, value]): PyroEntry => {
    const [where, own] = list(value, 2);
    const ownTags = list(own, Infinity).map(text).sort();
    return { name: text(name), uri: text(where ?? value), tags: ownTags };
  });
}

/** Over a connection of its own: one over which something could not be said is ended. */
async function askNames(
  uri: PyroUri,
  seconds: number,
  method: 'list' | 'yplookup',
  kwargs: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const object = await PyroObject.open('the name server', uri, seconds);
  try {
    return await object.call(method, [], kwargs);
  } finally {
    object.close();
  }
}

const withTag = (objects: readonly PyroEntry[], tag: string): readonly PyroEntry[] =>
  objects.filter((one) => one.tags.includes(tag));

/** A service that was asked: what it said, or why not. */
type Asked<T> = (object: PyroObject) => Promise<Omit<T, 'name' | 'uri' | 'state'>>;

async function ask<T extends JobManager | Scheduler>(
  services: readonly PyroEntry[],
  seconds: number,
  asked: { readonly of: Asked<T>; readonly none: Omit<T, 'name' | 'uri' | 'state'> },
): Promise<T[]> {
  const found = await inParallel(services, atOnce, async ({ name, uri }) => {
    const known = { name, uri };
    const target = parseUri(uri);
    if (!target) {
      const why = 'its address is none that can be reached over TCP';
      return { ...asked.none, ...known, state: 'down', why } as T;
    }
    let object: PyroObject | undefined;
    try {
      object = await PyroObject.open(name, target, seconds);
      return { ...asked.none, ...known, state: 'up', ...(await asked.of(object)) } as T;
    } catch (error) {
      return { ...asked.none, ...known, ...conditionOf(error) } as T;
    } finally {
      object?.close();
    }
  });
  return found;
}

const jobManagerOf = {
  none: { jobs: [] },
  async of(object: PyroObject): Promise<Omit<FoundManager, 'name' | 'uri' | 'state'>> {
    const signature = optionalText(await object.call('getApplicationSignature'));
    const status = await object.call('getStatusExtended').catch(async (error: unknown) => {
      if (hasNoMethod(error)) return object.call('getStatus');
      throw error;
    });
    const jobs = list(Array.isArray(status) ? status : member(status, 'currJobs'), 10_000);
    const [max, total] = [number(member(status, 'maxJobs')), number(member(status, 'totalJobs'))];
    return {
      ...(signature !== undefined && { signature }),
      running: jobs.length,
      ...(max !== undefined && { max }),
      ...(total !== undefined && { total }),
      jobs: jobs.slice(0, most.jobs).map(jobOf),
    };
  },
};

/** A mapping, or of older job managers a tuple: key, seconds, user, port. */
function jobOf(job: unknown): FoundJob {
  const [key, running, user] = Array.isArray(job)
    ? list(job, 3)
    : ['key', 'running', 'user'].map((name) => member(job, name));
  const [seconds, uri, log] = [number(running), member(job, 'uri'), member(job, 'tail')];
  const isTold = log !== undefined && log !== null;
  const elsewhere = isTold ? undefined : logOf(member(job, 'remoteLogUri'));
  return {
    key: text(key),
    ...(user !== undefined && user !== null && { user: text(user) }),
    ...(seconds !== undefined && { running: Math.round(seconds) }),
    ...(typeof uri === 'string' && { uri: text(uri) }),
    ...(isTold && { tail: tail(log) }),
    ...(elsewhere && { log: elsewhere }),
  };
}

/** Letters of all logs together that are told. */
const roomForLogs = 100_000;

/** Where there are many jobs, less of each log is told. */
function withinRoom(managers: readonly JobManager[]): JobManager[] {
  const logs = managers.flatMap(({ jobs }) => jobs.flatMap(({ tail: log }) => log ?? []));
  const each = Math.floor(roomForLogs / Math.max(1, logs.length));
  return managers.map((manager) => ({
    ...manager,
    jobs: manager.jobs.map(({ tail: log, ...job }) => ({
      ...job,
      ...(log !== undefined && each > 0 && { tail: log.slice(-each) }),
    })),
  }));
}

const counted = ['running', 'scheduled', 'processed', 'finished', 'failed'] as const;
const hourly = ['processed', 'pooled', 'finished', 'failed', 'load'] as const;

const schedulerOf = {
  none: { counts: {}, last: [], hours: {} },
  async of(object: PyroObject): Promise<Omit<Scheduler, 'name' | 'uri' | 'state'>> {
    const said = await object.call('getStatistics');
    const counts = counted.flatMap((one) => {
      const count = number(member(said, `${one}Tasks`));
      return count === undefined ? [] : [[one, count] as const];
    });
    const hours = hourly.flatMap((one) => {
      const bars = list(member(said, one === 'load' ? 'load48' : `${one}Tasks48`), most.hours);
      return bars.length === 0 ? [] : [[one, bars.map((bar) => number(bar) ?? 0)] as const];
    });
    const load = number(member(said, 'currentLoad'));
    return {
      counts: Object.fromEntries(counts),
      ...(load !== undefined && { load }),
      last: list(member(said, 'lastJobs'), most.executions).map(executionOf),
      hours: Object.fromEntries(hours),
    };
  },
};

function executionOf(job: unknown): Scheduler['last'][number] {
  const [id, workflow, status, started, finished] = list(job, 5);
  return {
    id: text(id),
    workflow: text(workflow),
    status: text(status),
    started: text(started),
    finished: text(finished),
  };
}
