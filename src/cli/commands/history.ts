import { type Command, InvalidArgumentError } from 'commander';
import type { FileSet } from '#api';
import { declined } from '../ask.ts';
import { paint, print, printJson } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { readFileSet } from '../remote/file-set.ts';
import { follow } from '../remote/follow.ts';
import { meant, planOf, planText } from '../remote/plan.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { diffFileSets } from '../remote/text-diff.ts';
import { revisionsText, revisionText } from '../remote/words.ts';

export const revisionNumber = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a revision is a number from 1 on');
  return Number(text);
};

interface HistoryFlags extends NetworkOptions {
  readonly limit: number;
}

export const historyCommand = (): Command =>
  ofNetwork('history', 'what changed in a network, when, by whom and why; newest first')
    .option('-n, --limit <number>', 'how many revisions', revisionNumber, 20)
    .action((options: HistoryFlags) =>
      inNetwork(options, async (client, network) => {
        const query = { limit: Math.min(options.limit, 1000) };
        const revisions = await client.call('history', { params: { network }, query });
        if (options.json) printJson(revisions);
        else print(revisionsText(revisions));
      }),
    );

export const showCommand = (): Command =>
  ofNetwork('show', 'one revision: what it changed, and the file as it was then')
    .argument('[revision]', 'its number; the latest unless said', revisionNumber)
    .action((number: number | undefined, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const wanted = number ?? (await latest(client, network));
        const found = await client.call('show', { params: { network, number: wanted } });
        if (options.json) return printJson(found);
        print(revisionText(found).replaceAll(/^/gm, '# '));
        for (const [path, text] of Object.entries(found.files)) print(`# file: ${path}\n${text}`);
      }),
    );

const latest = async (client: Client, network: string): Promise<number> =>
  (await client.call('pull', { params: { network }, query: {} })).revision.number;

/** The files that a word means: those of a revision, or of a file on this machine. */
async function filesOf(client: Client, network: string, word: string): Promise<FileSet> {
  if (!/^\d+$/.test(word)) return readFileSet(word).files;
  return client.call('show', { params: { network, number: Number(word) } });
}

export const diffCommand = (): Command =>
  ofNetwork('diff', 'how the file of a network differs between two revisions, or from a file here')
    .argument('[from]', 'a revision, or a file; the one before the latest unless said')
    .argument('[to]', 'a revision, or a file; the latest revision unless said')
    .action((from: string | undefined, to: string | undefined, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const now = await latest(client, network);
        const words = [from ?? String(Math.max(1, now - 1)), to ?? String(now)] as const;
        // A file alone is what one wants to bring there, so it comes second.
        const turned = to === undefined && from !== undefined && !/^\d+$/.test(from);
        const [a, b] = turned ? [words[1], words[0]] : words;
        const [before, after] = [
          await filesOf(client, network, a),
          await filesOf(client, network, b),
        ];
        const lines = diffFileSets(before, after);
        if (options.json) printJson({ from: a, to: b, lines });
        else if (lines.length === 0) print('no difference');
        else print(lines.map(coloured).join('\n'));
      }),
    );

function coloured(line: string): string {
  if (/^(---|\+\+\+|@@)/.test(line)) return paint('bold', line);
  if (line.startsWith('+')) return paint('green', line);
  return line.startsWith('-') ? paint('red', line) : line;
}

/** The revision before the latest; where that waits only, the one that holds. */
async function before(client: Client, network: string): Promise<number> {
  const { revision, held } = await client.call('status', { params: { network } });
  return held ? revision.number : Math.max(1, revision.number - 1);
}

interface RollbackFlags extends NetworkOptions, Reasoned {
  readonly yes?: boolean;
}

export const rollbackCommand = (): Command =>
  ofNetwork('rollback', 'make the file of an older revision the network’s own again')
    .argument('[revision]', 'its number; the one before the latest unless said', revisionNumber)
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .action((number: number | undefined, options: RollbackFlags) =>
      inNetwork(options, async (client, network) => {
        const wanted = number ?? (await before(client, network));
        const params = { network, number: wanted };
        const { entry, files } = await client.call('show', { params });
        const plan = await planOf(client, network, { entry, files });
        if (!options.json) print(planText(plan, entry));
        if (!(await meant(`Go back to revision ${wanted}?`, plan, options.yes))) return declined();
        const body = { plan: plan.hash, why: options.message };
        const revision = await client.call('rollback', { params, body });
        if (options.json) return printJson(revision);
        print(revisionText(revision));
        if (revision.state === 'applied') await follow(client, network);
      }),
    );
