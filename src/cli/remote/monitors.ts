import type {
  JobManager,
  MonitorState,
  MonitorStatus,
  MonitorsStatus,
  Platform,
  Scheduler,
} from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';
import { fromNow } from '../times.ts';

export const monitorPaints: Readonly<Record<MonitorState, Parameters<typeof paint>[0]>> = {
  down: 'red',
  busy: 'yellow',
  degraded: 'yellow',
  unknown: 'yellow',
  up: 'green',
};

const heads = (...names: readonly string[]): readonly string[] =>
  names.map((name) => paint('bold', name));

const shown = (state: MonitorState): string => paint(monitorPaints[state], state);

/** Every service of a network in a line. */
export function monitorsText({ network, monitors }: MonitorsStatus): string {
  if (monitors.length === 0) {
    return `${network}: nothing is looked at; say what under \`monitors:\` in its file`;
  }
  return columns([
    heads('monitor', 'state', 'since', 'type', 'what', 'from', 'why'),
    ...monitors.map((one) => [
      one.name,
      shown(one.state),
      one.since === undefined ? '' : fromNow(one.since),
      one.type,
      one.target,
      one.from,
      one.why ?? summary(one),
    ]),
  ]);
}

/** What a platform holds, in a few words; of others how quick they answer. */
function summary({ platform, took }: MonitorStatus): string {
  const answer = took === undefined ? '' : `answers in ${took} ms`;
  if (!platform) return answer;
  const { objects, jobManagers, leftOut = {} } = platform;
  const running = jobManagers.reduce((sum, manager) => sum + (manager.running ?? 0), 0);
  const all = {
    objects: objects.length + (leftOut.objects ?? 0),
    managers: jobManagers.length + (leftOut.jobManagers ?? 0),
  };
  return `${answer}: ${all.objects} objects, ${all.managers} job managers, ${running} jobs`;
}

/** All that is known of one service. */
export function monitorText(monitor: MonitorStatus): string {
  const { name, state, since, at, target, from, why, platform } = monitor;
  const times = since === undefined || at === undefined ? '' : ` since ${fromNow(since)}`;
  return [
    `${name}: ${shown(state)}${times}, ${target} seen from ${from}`,
    `  ${why ?? summary(monitor)}`,
    ...(platform ? platformLines(platform) : []),
  ].join('\n');
}

function platformLines(platform: Platform): readonly string[] {
  const { objects, jobManagers: managers, schedulers, leftOut = {} } = platform;
  return [
    ...jobManagers(managers),
    ...further(leftOut.jobManagers, notAsked),
    ...schedulers.map(scheduler),
    ...further(leftOut.schedulers, notAsked),
    ...objectsOf(objects),
    ...further(leftOut.objects),
  ];
}

const notAsked = ', not asked';

const further = (count = 0, how = ''): readonly string[] =>
  count > 0 ? [`  and ${count} more${how}`] : [];

const some = (count: number | undefined): string => (count === undefined ? '?' : String(count));

function jobManagers(managers: readonly JobManager[]): readonly string[] {
  if (managers.length === 0) return ['', 'no job managers'];
  const rows = managers.map((one) => [
    one.name,
    shown(one.state),
    `${some(one.running)} of ${some(one.max)}`,
    some(one.total),
    one.signature ?? '',
    one.uri,
    one.why ?? '',
  ]);
  const jobs = managers.flatMap((manager) =>
    manager.jobs.map((job) => [
      job.key,
      job.user ?? '',
      job.running === undefined ? '' : `${job.running} s`,
      job.tail?.trimEnd().split('\n').at(-1) ?? '',
    ]),
  );
  return [
    '',
    columns([heads('job manager', 'state', 'jobs', 'total', 'signature', 'URI', 'why'), ...rows]),
    ...(jobs.length === 0 ? [] : ['', columns([heads('job', 'user', 'runs', 'log'), ...jobs])]),
  ];
}

function scheduler({ name, state, why, counts, load, last }: Scheduler): string {
  const numbers = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  const rows = last.map((one) => [one.id, one.workflow, one.status, one.started, one.finished]);
  return [
    '',
    `${name}: ${shown(state)}${why === undefined ? '' : `, ${why}`}`,
    `  tasks: ${numbers.join(', ')}${load === undefined ? '' : `; load ${load} %`}`,
    ...(rows.length === 0
      ? []
      : [columns([heads('execution', 'workflow', 'status', 'started', 'finished'), ...rows])]),
  ].join('\n');
}

const objectsOf = (
  objects: readonly {
    readonly name: string;
    readonly uri: string;
    readonly tags: readonly string[];
  }[],
): readonly string[] => [
  '',
  columns([
    heads('object', 'URI', 'tags'),
    ...objects.map(({ name, uri, tags }) => [name, uri, tags.join(' ')]),
  ]),
];
