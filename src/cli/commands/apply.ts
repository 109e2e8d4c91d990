import { posix } from 'node:path';
import type { Command } from 'commander';
import { conflictOf, type Revision, type RevisionId } from '#api';
import { formatDiagnostic } from '#base';
import { factsFileName } from '#compile';
import { declined } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { diskReader } from '../files.ts';
import { findingsOf, isError, openNetwork } from '../load.ts';
import { print, printJson, tell } from '../output.ts';
import { baseOf, keepBase } from '../remote/base.ts';
import type { Client } from '../remote/client.ts';
import { readFileSet, type Sent } from '../remote/file-set.ts';
import { follow } from '../remote/follow.ts';
import { mergeIn } from '../remote/merge-in.ts';
import { meant, planOf, planText, toldHere } from '../remote/plan.ts';
import { atServer, type Reasoned, type RemoteOptions, reason, remote } from '../remote/session.ts';
import { diffFileSets } from '../remote/text-diff.ts';
import { revisionsText, revisionText } from '../remote/words.ts';
import { revisionNumber } from './history.ts';

interface Flags extends RemoteOptions, Reasoned {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly merge?: boolean;
  readonly create?: boolean;
  readonly base?: number;
  readonly wait: boolean;
}

export const applyCommand = (): Command =>
  remote('apply', 'make a file the network’s own; machines follow at once')
    .argument('<file>', 'the network, as YAML')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .option('--base <revision>', 'the revision that the file was made from', revisionNumber)
    .option('--merge', 'first put what others changed meanwhile into the file here')
    .option('--force', 'also over what others changed meanwhile')
    .option('--create', 'as a network that the server does not have yet')
    .option('--no-wait', 'do not wait for the machines')
    .addHelpText(
      'after',
      `
Shows the plan first, and asks on a terminal. Exit code 0: the network is so.
1: the file has errors. 2: refused, by you or because others changed the network meanwhile.`,
    )
    .action((file: string, flags: Flags) =>
      atServer(flags, (client) => apply(client, file, flags)),
    );

async function apply(client: Client, file: string, flags: Flags): Promise<void> {
  const sent = readFileSet(file);
  const { name } = sent.network;
  const networks = await client.call('listNetworks', {});
  const there = networks.find(({ network }) => network === name);
  if (there && flags.merge) {
    await mergeIn(client, file, sent);
    return apply(client, file, { ...flags, merge: false });
  }
  const known = networks.map(({ network }) => network);
  const revision = await made(file, sent, () =>
    there
      ? change(client, file, sent, there.revision, flags)
      : create(client, file, sent, known, flags),
  );
  if (!revision) return declined();
  if (flags.json) return printJson(revision);
  if (revision.id.number === there?.revision.number) {
    return print(`${name} is so already, at revision ${revision.id.number}`);
  }
  print(revisionText(revision));
  if (flags.wait && revision.state === 'applied') await follow(client, name);
}

/** Makes a revision of a file, and remembers that the file is what it says. */
export async function made(
  file: string,
  { network }: Sent,
  work: () => Promise<Revision | undefined>,
): Promise<Revision | undefined> {
  const revision = await toldHere(file, work);
  if (revision) keepBase(file, network.name, revision.id);
  return revision;
}

/** Makes a network of a file that the server does not have yet, and tells its warnings. @throws cli/no-network-yet */
export function create(
  client: Client,
  file: string,
  { network: { name }, files }: Sent,
  networks: readonly string[],
  { create: wanted, message }: Pick<Flags, 'create' | 'message'>,
): Promise<Revision> {
  if (!wanted) {
    throw cliErrors.error('cli/no-network-yet', {
      network: name,
      networks: networks.join(', ') || 'none',
    });
  }
  for (const finding of findingsOf(openNetwork(file))) {
    if (!isError(finding)) tell(formatDiagnostic(finding));
  }
  const facts = diskReader.read(posix.join(posix.dirname(file), factsFileName));
  const body = { ...files, why: message, facts };
  return client.call('createNetwork', { params: { network: name }, body });
}

/** Applies a file to its network, unless a person says no to the plan. */
export async function change(
  client: Client,
  file: string,
  { network: { name }, files }: Sent,
  now: RevisionId,
  flags: Pick<Flags, 'json' | 'yes' | 'message' | 'force' | 'base'>,
): Promise<Revision | undefined> {
  const params = { network: name };
  const base = flags.force ? undefined : await sureBase(client, file, name, now, flags);
  const plan = await planOf(client, name, files);
  if (!flags.json) print(planText(plan, file));
  if (!(await meant('Apply it?', plan, flags.yes))) return undefined;
  const { message: why, force } = flags;
  return client.call('apply', { params, body: { ...files, base, plan: plan.hash, why, force } });
}

/** @throws api/not-found */
const requireRevision = async (client: Client, network: string, number: number): Promise<void> =>
  void (await client.call('show', { params: { network, number } }));

/**
 * The revision that a file was made from, if it is still the network's own.
 * @throws cli/no-base, api/not-found, api/conflict or api/restored after telling what others changed
 */
async function sureBase(
  client: Client,
  file: string,
  network: string,
  now: RevisionId,
  { base, json }: Pick<Flags, 'base' | 'json'>,
): Promise<RevisionId> {
  const known = base === undefined ? baseOf(file, network) : { epoch: now.epoch, number: base };
  if (base !== undefined && base > now.number) await requireRevision(client, network, base);
  const isNow = known?.epoch === now.epoch && known.number >= now.number;
  // A greater number is that of a revision that waited, and was made from what is there now.
  if (isNow) return now;
  if (await isStored(client, file, network)) return now;
  if (!known) throw cliErrors.error('cli/no-base', { network, now: now.number, file });
  if (!json) tell(await othersText(client, network, known));
  throw conflictOf(known, now);
}

/** The file says what the network's own says: whatever it was made from, nothing is lost. */
export const isStored = async (client: Client, file: string, network: string): Promise<boolean> =>
  diffFileSets(
    await client.call('pull', { params: { network }, query: {} }),
    readFileSet(file).files,
  ).length === 0;

async function othersText(client: Client, network: string, base: RevisionId): Promise<string> {
  const revisions = await client.call('history', { params: { network }, query: { limit: 100 } });
  const later = revisions.filter(({ id }) => id.epoch !== base.epoch || id.number > base.number);
  return revisionsText(later);
}
