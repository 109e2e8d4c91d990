import { type Command, InvalidArgumentError, Option } from 'commander';
import { installerPath, type NetworkStatus, packagePath } from '#api';
import { formatDiagnostic } from '#base';
import {
  type DeployInit,
  deploy,
  type Result,
  type Target,
  type Targets,
  targetsOf,
  wayText,
} from '#deploy';
import { columns } from '#lab';
import type { Network } from '#spec';
import { confirmed, declined } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { paint, print, printJson } from '../output.ts';
import { findAccess } from '../remote/access.ts';
import type { Client } from '../remote/client.ts';
import { readFileSet, type Sent } from '../remote/file-set.ts';
import { progressFor } from '../remote/machine-progress.ts';
import { atServer, type RemoteOptions, remote } from '../remote/session.ts';
import { durationOf, momentOf } from '../times.ts';
import { change, create, isStored, made } from './apply.ts';
import { count } from './token.ts';

interface Flags extends RemoteOptions {
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly apply?: boolean;
  readonly message?: string;
  readonly yes?: boolean;
  readonly parallel: number;
  readonly connectWithin: number;
}

/** An option that names machines: a,b. */
export const names = (text: string): readonly string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** An option that is a duration of a second or more, in seconds. */
export function seconds(text: string): number {
  const duration = durationOf(text);
  if (duration !== undefined && duration >= 1000) return Math.round(duration / 1000);
  throw new InvalidArgumentError('a duration is expected, such as 5s, 1m');
}

export const deployCommand = (): Command =>
  remote('deploy', 'get Hawser onto the machines of a file over ssh, and let them join')
    .argument('<file>', 'the network, as YAML; `ssh:` in it says how its machines are reached')
    .option('--only <names>', 'these machines only: a,b', names)
    .option('--dry-run', 'say who would be reached by which way, and do nothing')
    .option('--apply', 'where the network is another than the file says: apply it first')
    .option('-m, --message <why>', 'why, for the history, where the network changes')
    .option('-y, --yes', 'do not ask')
    .option('--parallel <number>', 'how many machines at once', count, 8)
    .addOption(
      new Option('--connect-within <duration>', 'how long ssh may take to connect')
        .argParser(seconds)
        .default(15, '15s'),
    )
    .addHelpText(
      'after',
      `
Safe to repeat: what is done already is not done twice, and a machine that fails stops no other.
ssh is the system's own, with its configuration, keys and known hosts; it asks nobody anything.
Exit code 0: all are in the network. 1: some are not. 2: could not be tried.
--json: a line for each event, and a last one with what became of each machine.`,
    )
    .action((file: string, flags: Flags) => atServer(flags, (client) => run(client, file, flags)));

async function run(client: Client, file: string, flags: Flags): Promise<void> {
  const sent = readFileSet(file);
  const targets = targetsOf(sent.network, flags.only);
  if (flags.dryRun) return dryRun(client, sent.network, targets, flags);
  if (!(await isThere(client, file, sent, flags))) return;
  const results = await deployTo(client, sent.network.name, targets.targets, flags);
  const { skipped } = targets;
  if (flags.json) process.stdout.write(`${JSON.stringify({ results, skipped })}\n`);
  else print(await reportText(client, results, targets));
  const failed = results.some(({ outcome }) => outcome === 'failed');
  exitWith(failed ? exitCodes.no : exitCodes.yes);
}

/**
 * Sees to it that the network is what the file says; false if a person said no.
 * @throws cli/not-applied
 */
async function isThere(client: Client, file: string, sent: Sent, flags: Flags): Promise<boolean> {
  const { name } = sent.network;
  const networks = await client.call('listNetworks', {});
  const there = networks.find(({ network }) => network === name);
  if (there && (await isStored(client, file, name))) return true;
  if (!there) return isCreated(client, file, sent, flags);
  const { number: now } = there.revision;
  if (!flags.apply) throw cliErrors.error('cli/not-applied', { file, network: name, now });
  const revision = await made(file, sent, () => change(client, file, sent, there.revision, flags));
  tellRevision(revision?.id.number, name, flags);
  return revision !== undefined;
}

async function isCreated(client: Client, file: string, sent: Sent, flags: Flags): Promise<boolean> {
  const { name } = sent.network;
  if (!flags.json) print(`${name} is new to the server: ${sizeOf(sent.network)}`);
  if (!(await confirmed(`Make the network ${name}?`, flags.yes))) {
    declined();
    return false;
  }
  const revision = await made(file, sent, () =>
    create(client, file, sent, [], { ...flags, create: true }),
  );
  tellRevision(revision?.id.number, name, flags);
  return true;
}

function tellRevision(revision: number | undefined, network: string, { json }: Flags): void {
  if (revision === undefined) return;
  if (json) process.stdout.write(`${JSON.stringify({ network, revision })}\n`);
  else print(`${network} is at revision ${revision}`);
}

function sizeOf({ sites, members }: Network): string {
  const machines = sites.flatMap(({ gateways, nodes }) => [...gateways, ...nodes]);
  const hosts = sites.flatMap((site) => site.hosts);
  return [
    [sites.length, 'sites'],
    [machines.length, 'gateways and nodes'],
    [hosts.length, 'plain hosts'],
    [members.length, 'members'],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
}

/** Good for as long as a slow installation may take. */
const tokenLife = '1h';

async function deployTo(
  client: Client,
  network: string,
  targets: readonly Target[],
  flags: Flags,
): Promise<readonly Result[]> {
  const { parallel, connectWithin, json = false } = flags;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const progress = await progressFor(
    targets.map(({ name }) => name),
    json,
  );
  try {
    return await deploy(targets, {
      office: officeOf(client, network, flags),
      ssh: { connectWithin, signal: stopping.signal },
      parallel,
      report: progress.report,
    });
  } finally {
    await progress.end();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** A promise that is made once, for many that ask. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function officeOf(client: Client, network: string, flags: Flags): DeployInit['office'] {
  const { servers, pin } = findAccess(flags);
  const packages = new Map<string, Promise<Buffer>>();
  const load = async (path: string): Promise<Buffer> => {
    const bytes = await client.file(path);
    if (bytes) return bytes;
    throw cliErrors.error('cli/bad-answer', { why: `${path} is not there` });
  };
  return {
    network,
    servers,
    pin,
    status: () => client.call('status', { params: { network } }),
    packages: once(() => client.call('listPackages', {})),
    installer: once(async () => (await client.file(installerPath))?.toString()),
    fetch(name) {
      const bytes = packages.get(name) ?? load(packagePath(name));
      packages.set(name, bytes);
      return bytes;
    },
    async token(machine) {
      const body = {
        ...({ role: 'join', name: `deploy ${machine}`, network, machine, uses: 1 } as const),
        expires: momentOf(tokenLife, 1),
      };
      const { token, info } = await client.call('createToken', { body });
      const params = { id: info.id };
      return { text: token, revoke: () => client.call('revokeToken', { params, query: {} }) };
    },
  };
}

export const head = (...words: readonly string[]): readonly string[] =>
  words.map((word) => paint('bold', word));

/** What became of each machine, and what is to be done where it failed. */
async function reportText(
  client: Client,
  results: readonly Result[],
  { targets, skipped }: Targets,
): Promise<string> {
  const ways = new Map(targets.map(({ name, way }) => [name, wayText(way)]));
  const newest = (await client.call('listPackages', {}))[0]?.version;
  const rows = results.map((result) => [
    result.machine,
    outcomeText(result),
    versionText(result, newest),
    ways.get(result.machine) ?? '',
  ]);
  const failures = results.flatMap(({ machine, error }) =>
    error ? [`${machine}: ${formatDiagnostic(error)}`] : [],
  );
  return [
    columns([head('machine', 'is', 'version', 'reached as'), ...rows]),
    ...skipped.map(({ name, why }) => paint('dim', `${name} was left out (${why})`)),
    ...failures,
  ].join('\n');
}

const outcomeText = ({ outcome }: Result): string =>
  paint(outcome === 'failed' ? 'red' : outcome === 'unchanged' ? 'dim' : 'green', outcome);

const versionText = ({ version }: Result, newest: string | undefined): string => {
  if (version === undefined) return '';
  const isOther = newest !== undefined && newest !== version;
  return isOther ? `${version} (the server has ${newest}: hawser upgrade)` : version;
};

async function dryRun(
  client: Client,
  network: Network,
  { targets, skipped }: Targets,
  { json }: Flags,
): Promise<void> {
  const networks = await client.call('listNetworks', {});
  const isKnown = networks.some((one) => one.network === network.name);
  const params = { network: network.name };
  const status = isKnown ? await client.call('status', { params }) : undefined;
  const plans = targets.map((target) => planOf(target, status));
  if (json) return printJson({ network: network.name, isKnown, targets: plans, skipped });
  const rows = plans.map(({ machine, is, way }) => [machine, is, way]);
  if (!isKnown) print(`${network.name} would be made at the server: ${sizeOf(network)}`);
  print(columns([head('machine', 'is', 'would be reached as'), ...rows]));
  for (const { name, why } of skipped) print(paint('dim', `${name} is left out (${why})`));
}

function planOf({ name, way }: Target, status: NetworkStatus | undefined) {
  const known = status?.machines.find((machine) => machine.name === name);
  const is = known?.connected
    ? 'connected: nothing to do'
    : known?.enrolment === 'enrolled'
      ? 'away'
      : 'has not joined';
  return { machine: name, is, way: wayText(way) };
}
