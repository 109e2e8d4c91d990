import { writeSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import {
  agentStatus,
  askAgent,
  type Health,
  runAgent,
  type SessionStatus,
  startSupervisor,
  whenOrphaned,
} from '#agent';
import packageFile from '../../../package.json' with { type: 'json' };
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { ending } from '../server/life.ts';
import { thisProgram } from '../this-program.ts';
import { durationOf, fromNow } from '../times.ts';

interface Flags {
  readonly stateDir: string;
  readonly json?: boolean;
}

interface RunFlags extends Flags {
  /** Seconds. */
  readonly confirmWithin?: number;
}

export interface NetworkFlags extends Flags {
  readonly network?: string;
}

/** Where identity, keys and states lie, for all who talk to the agent of this machine. */
export const stateFolder = [
  '--state-dir <dir>',
  'where keys and last known states lie',
  '/var/lib/hawser',
] as const;

const local = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option(...stateFolder)
    .option('--json', 'for programs');

export const ofNetwork = (name: string, description: string): Command =>
  local(name, description).option('--network <name>', 'which one, if there are several');

/** A log that cannot be written, on a disk that is full, is no reason to end. */
function log(line: string): void {
  try {
    writeSync(process.stdout.fd, `${new Date().toISOString()} ${line}\n`);
  } catch {
    // Nobody hears it.
  }
}

/** An option that is a duration. */
function seconds(text: string): number {
  const duration = durationOf(text);
  if (duration !== undefined) return duration / 1000;
  throw new InvalidArgumentError('a duration is expected, such as 30m, 1h, 2d');
}

export const runCommand = (): Command =>
  new Command('run')
    .description('keep this machine as its networks say, until it is ended')
    .option(...stateFolder)
    .option(
      '--confirm-within <duration>',
      'take a change back that kept the server out of reach for so long (default: 30s)',
      seconds,
    )
    .addHelpText('after', '\nWhat it made stays when it ends; `hawser leave` takes it away.')
    .action(run);

async function run({ stateDir, confirmWithin }: RunFlags): Promise<void> {
  const end = ending();
  whenOrphaned(() => {
    log('the supervisor is gone: another one takes over');
    startSupervisor(thisProgram(), stateDir);
    end.abort();
  });
  await runAgent({
    stateDir,
    signal: end.signal,
    version: packageFile.version,
    log,
    // Loaded where there is something to look at.
    probe: async (monitor) => (await import('#monitors')).lookAt(monitor),
    ...(confirmWithin !== undefined && { timings: { confirm: confirmWithin * 1000 } }),
  });
}

export const statusCommand = (): Command =>
  local('status', 'what the agent of this machine has and does, without any server').action(
    async ({ stateDir, json }: Flags) => {
      const status = await agentStatus(stateDir);
      if (json) printJson(status);
      else print(describeStatus(status));
      const fine = status.networks.every(({ complete, pending }) => complete || pending);
      exitWith(fine ? exitCodes.yes : exitCodes.no);
    },
  );

export const showCommand = (): Command =>
  ofNetwork('show', 'addresses, peers and handshakes of this machine').action(
    async ({ stateDir, json, network }: NetworkFlags) => {
      const shown = await askAgent(stateDir, {
        do: 'show',
        network: network ?? (await onlyNetwork(stateDir)),
      });
      if (json) printJson(shown);
      else print((await import('./agent-shown.ts')).describeShown(shown));
    },
  );

export const pauseCommand = (): Command =>
  local('pause', 'change nothing on this machine for a while: no repairs, no new states')
    .option('--for <duration>', 'for so long: 30m, 1h, 2d; otherwise until `resume`', seconds)
    .action(async ({ stateDir, json, for: duration }: Flags & { readonly for?: number }) => {
      const answer = await askAgent(stateDir, {
        do: 'pause',
        ...(duration !== undefined && { seconds: duration }),
      });
      if (json) printJson(answer);
      else
        print(
          duration === undefined
            ? 'paused until `hawser agent resume`'
            : `paused until ${answer.until}`,
        );
    });

export const resumeCommand = (): Command =>
  local('resume', 'end a pause, and try again what was taken back').action(
    async ({ stateDir, json }: Flags) => {
      await askAgent(stateDir, { do: 'resume' });
      if (json) printJson({ resumed: true });
      else print('resumed');
    },
  );

export const rollbackCommand = (): Command =>
  ofNetwork('rollback', 'go back to what this machine had before its last change').action(
    async ({ stateDir, json, network }: NetworkFlags) => {
      const name = network ?? (await onlyNetwork(stateDir));
      const { from, to } = await askAgent(stateDir, { do: 'rollback', network: name });
      if (json) printJson({ network: name, from, ...(to !== undefined && { to }) });
      else {
        print(`${name}: ${backText(from, to)}; \`hawser agent resume\` tries it again`);
      }
    },
  );

/** A change of keys is no revision: what was before it may be of the same. */
export function backText(from: number, to: number | undefined): string {
  if (to === from) return `back to what was before its last change, of revision ${from} as well`;
  return `from revision ${from} back to ${to === undefined ? 'nothing' : `revision ${to}`}`;
}

/** The one network there is. @throws cli/joined-none, cli/which-joined-network */
export async function onlyNetwork(stateDir: string): Promise<string> {
  const { networks } = await askAgent(stateDir, { do: 'status' });
  const [first, ...more] = networks.map(({ network }) => network);
  if (first === undefined) throw cliErrors.error('cli/joined-none', {});
  if (more.length === 0) return first;
  throw cliErrors.error('cli/which-joined-network', { names: [first, ...more].join(', ') });
}

function describeStatus({ version, pid, paused, networks, supervisor }: Health): string {
  const head = `agent ${version}, process ${pid}${supervisor ? livesOf(supervisor) : ''}`;
  const pause =
    paused === undefined ? [] : [`paused: nothing is changed (ends ${fromNow(paused)})`];
  const none = networks.length === 0 ? ['no network was joined: hawser join TOKEN'] : [];
  return [head, ...pause, ...none, ...networks.map(describeSession)].join('\n');
}

function livesOf({ pid, restarts, last }: NonNullable<Health['supervisor']>): string {
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  const again = last ? `, started again ${times}, after ${last.how} ${fromNow(last.at)}` : '';
  return `, supervised by ${pid}${again}`;
}

function describeSession(session: SessionStatus): string {
  const { network, machine, failures, notes = [], unreachable } = session;
  const lines = [
    ...notesOf(session),
    ...(unreachable ? [`no server: ${unreachable.message}`, `  ${unreachable.fix}`] : []),
    ...failures.flatMap(({ message, code, fix }) => [`FAILED ${message} [${code}]`, `  ${fix}`]),
    ...notes.map(({ message, code }) => `NOTE ${message} [${code}]`),
  ];
  return [`${network} as ${machine}: ${stateOf(session)}`, ...lines].join('\n  ');
}

function stateOf({ pending, revision, confirmed, connected }: SessionStatus): string {
  const link = connected ? 'connected' : 'not connected';
  if (pending) return `waits for \`hawser approve\`, ${link}`;
  if (revision === undefined) return `nothing yet, ${link}`;
  const trial = confirmed === revision ? 'confirmed' : 'not yet confirmed';
  return `revision ${revision}, ${trial}, ${link}`;
}

const notesOf = ({
  frozen,
  quarantined,
  leases = [],
  machines = [],
}: SessionStatus): readonly string[] => [
  ...(frozen ? ['frozen: nothing is changed until `hawser thaw`'] : []),
  ...(quarantined > 0
    ? [`${quarantined} taken back and not tried again: \`hawser agent resume\``]
    : []),
  ...leases.map(({ segment, site, count }) => `segment ${segment} at ${site}: ${count} leases`),
  ...machines.map(
    ({ segment, site, here, elsewhere }) =>
      `segment ${segment} at ${site}: ${here} machines here, ${elsewhere} elsewhere`,
  ),
];
