import type { JobManager, PyroJob } from '#api';
import { HawserError, inParallel } from '#base';
import { PyroObject } from './client.ts';
import { tail } from './said.ts';
import { type PyroUri, parseUri } from './uri.ts';

/** Logs that are fetched of one platform, and at once. */
const most = 40;
const atOnce = 8;

/** Lines that are asked for; of which what is told is cut as all logs are. */
const lines = 50;

/** Seconds that each may take at most: a look at many services is not kept by those of their jobs. */
const patience = 2;

/** A job whose log somebody else has. */
export interface FoundJob extends PyroJob {
  readonly log?: PyroUri;
}

export interface FoundManager extends JobManager {
  readonly jobs: FoundJob[];
}

/** Where the log of a job is that its job manager does not tell itself: MuPIF's `remoteLogUri`. */
export const logOf = (uri: unknown): PyroUri | undefined =>
  typeof uri === 'string' ? parseUri(uri) : undefined;

/** The job managers with those logs, too. A log that is not told, for whatever reason, is none. */
export async function withLogs(
  managers: readonly FoundManager[],
  seconds: number,
): Promise<JobManager[]> {
  const wanted = managers.flatMap(({ jobs }) => jobs.filter(({ log }) => log)).slice(0, most);
  const told = new Map(
    await inParallel(wanted, atOnce, async (job) => {
      const log = job.log && (await tailOf(job.log, Math.min(seconds, patience)));
      return [job, log] as const;
    }),
  );
  return managers.map((manager) => ({
    ...manager,
    jobs: manager.jobs.map((job): PyroJob => {
      const { log: _, ...rest } = job;
      const found = told.get(job);
      return { ...rest, ...(found !== undefined && { tail: found }) };
    }),
  }));
}

/** As text: `raw` would be what Python has pickled. */
async function tailOf(uri: PyroUri, seconds: number): Promise<string | undefined> {
  let object: PyroObject | undefined;
  try {
    object = await PyroObject.open('a log', uri, seconds);
    const said = await object.call('tail', [lines], { raw: false });
    return Array.isArray(said) || typeof said === 'string' ? tail(said) : undefined;
  } catch (error) {
    if (error instanceof HawserError) return undefined;
    throw error;
  } finally {
    object?.close();
  }
}
