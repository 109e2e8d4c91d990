import { type Command, Option } from 'commander';
import type { MachineStatus } from '#api';
import { didYouMean, formatDiagnostic } from '#base';
import { columns } from '#lab';
import { confirmed, declined } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { paint, print } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { progressFor } from '../remote/machine-progress.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { type Upgraded, upgradeInWaves, wavesOf } from '../remote/upgrade.ts';
import { head, names, seconds } from './deploy.ts';
import { count } from './token.ts';

interface Flags extends NetworkOptions, Reasoned {
  readonly only?: readonly string[];
  readonly canary: number;
  readonly parallel: number;
  readonly returnWithin: number;
  readonly yes?: boolean;
}

export const upgradeCommand = (): Command =>
  ofNetwork('upgrade', 'let agents put the version of the server’s packages in their own place')
    .option('--only <names>', 'these machines only: a,b', names)
    .option('--canary <number>', 'so many first, alone', count, 1)
    .option('--parallel <number>', 'then so many at once', count, 8)
    .addOption(
      new Option(
        '--return-within <duration>',
        'how long a new agent may take to be connected again, before the old one is put back',
      )
        .argParser(seconds)
        .default(60, '60s'),
    )
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Tunnels go on meanwhile: no packet is lost. A new agent that does not return is replaced by the one
before, and after the first failure no other machine is touched.
Exit code 0: all that are connected have that version, and all that --only names. 1: some do not.
2: could not be tried.
--json: a line for each event, and a last one with what became of each machine.`,
    )
    .action((flags: Flags) =>
      inNetwork(flags, (client, network) => upgrade(client, network, flags)),
    );

async function upgrade(client: Client, network: string, flags: Flags): Promise<void> {
  const version = await offered(client);
  const { machines } = await client.call('status', { params: { network } });
  const chosen = flags.only ? named(machines, network, flags.only) : agentsAmong(machines);
  const [there, others] = parted(chosen, (one) => one.connected && one.version === version);
  const [away, present] = parted(others, ({ connected }) => !connected);
  const [old, able] = parted(present, ({ upgradable }) => !upgradable);
  const question = `Hawser ${version} for ${namesOf(able).join(', ')}. Go on?`;
  if (able.length > 0 && !(await confirmed(question, flags.yes))) return declined();
  const results = await inTurns(client, network, able, flags);
  const left = { away: namesOf(away), old: namesOf(old) };
  const unchanged = there.map(
    (one): Upgraded => ({ machine: one.name, outcome: 'unchanged', version }),
  );
  const all = [...unchanged, ...results];
  if (flags.json) process.stdout.write(`${JSON.stringify({ version, results: all, ...left })}\n`);
  else print(reportText(version, all, left));
  const isMissing = all.some(({ outcome }) => outcome === 'failed' || outcome === 'spared');
  const isLeftOut = old.length > 0 || (flags.only !== undefined && away.length > 0);
  exitWith(isMissing || isLeftOut ? exitCodes.no : exitCodes.yes);
}

/** The version of the server's packages. @throws cli/nothing-to-install */
async function offered(client: Client): Promise<string> {
  const [first] = await client.call('listPackages', {});
  if (first) return first.version;
  throw cliErrors.error('cli/nothing-to-install', {});
}

const agentsAmong = (machines: readonly MachineStatus[]): readonly MachineStatus[] =>
  machines.filter(({ enrolment }) => enrolment === 'enrolled');

/** @throws cli/no-such-machine */
function named(
  machines: readonly MachineStatus[],
  network: string,
  only: readonly string[],
): readonly MachineStatus[] {
  return [...new Set(only)].map((machine) => {
    const found = machines.find(({ name }) => name === machine);
    if (found) return found;
    const hint = didYouMean(machine, namesOf(machines), 'machine');
    throw cliErrors.error('cli/no-such-machine', { network, machine, hint });
  });
}

const namesOf = (machines: readonly MachineStatus[]): readonly string[] =>
  machines.map(({ name }) => name);

function parted<T>(
  items: readonly T[],
  is: (item: T) => boolean | undefined,
): readonly [readonly T[], readonly T[]] {
  return [items.filter((item) => is(item)), items.filter((item) => !is(item))];
}

async function inTurns(
  client: Client,
  network: string,
  machines: readonly MachineStatus[],
  { canary, parallel, returnWithin: within, message: why, json = false }: Flags,
): Promise<readonly Upgraded[]> {
  if (machines.length === 0) return [];
  const progress = await progressFor(namesOf(machines), json);
  try {
    const waves = wavesOf(namesOf(machines), canary, parallel);
    return await upgradeInWaves(waves, { client, network, within, why, report: progress.report });
  } finally {
    await progress.end();
  }
}

interface Left {
  readonly away: readonly string[];
  readonly old: readonly string[];
}

const colour = { upgraded: 'green', unchanged: 'dim', failed: 'red', spared: 'yellow' } as const;

function reportText(version: string, results: readonly Upgraded[], { away, old }: Left): string {
  const rows = results.map(({ machine, outcome, version: has = '' }) => [
    machine,
    paint(colour[outcome], outcome),
    has,
  ]);
  const failures = results.flatMap(({ machine, error }) =>
    error ? [`${machine}: ${formatDiagnostic(error)}`] : [],
  );
  return [
    ...(rows.length > 0 ? [columns([head('machine', 'is', 'version'), ...rows])] : []),
    ...away.map((name) => paint('dim', `${name} is not connected, and was left out`)),
    ...old.map((name) =>
      paint('yellow', `${name} cannot put ${version} in its own place: install it there by hand`),
    ),
    ...failures,
  ].join('\n');
}
