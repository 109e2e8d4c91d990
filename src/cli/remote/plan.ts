import type { FileSet, PlanResult } from '#api';
import { DiagnosticsError, formatDiagnostic } from '#base';
import { confirmed, surelyConfirmed } from '../ask.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import type { Client } from './client.ts';
import { placedHere, readFileSet } from './file-set.ts';
import { ownMachine } from './own-machine.ts';
import { atServer, inNetwork, type NetworkOptions, type RemoteOptions } from './session.ts';

/** A plan of the server as people read it. */
export const planText = ({ text, warnings, notes = [] }: PlanResult, file: string): string =>
  [
    text.trimEnd() || 'No changes.',
    ...notes,
    ...placedHere(warnings, file).map((warning) => formatDiagnostic(warning)),
  ].join('\n');

/** Whether there is nothing to say of it. */
export const isNothing = ({ text, notes = [] }: PlanResult): boolean =>
  text === '' && notes.length === 0;

/** Runs with the server's findings told at the file as it is named here. */
export async function toldHere<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    throw new DiagnosticsError(placedHere(error.diagnostics, file));
  }
}

/** What files would do to a network, and to the machine that they are applied from. */
export async function planOf(client: Client, network: string, files: FileSet): Promise<PlanResult> {
  const machine = await ownMachine(network);
  return client.call('plan', { params: { network }, body: { ...files, machine } });
}

/** What a change may do only where it is meant, in so many words. */
const grave = new Set(['server/cuts-you-off', 'server/displaces']);

/** Asks whether a plan is meant. */
export function meant(
  question: string,
  { warnings }: PlanResult,
  yes: boolean | undefined,
): Promise<boolean> {
  const cut = warnings.find(({ code }) => grave.has(code));
  return cut ? surelyConfirmed(question, yes, cut.message) : confirmed(question, yes);
}

/** What a file would change in the network of its name, as its server says. */
export function planAtServer(file: string, options: RemoteOptions): Promise<void> {
  const { network, files } = readFileSet(file);
  return atServer(options, async (client) => {
    const params = { network: network.name };
    showPlan(await toldHere(file, () => planOf(client, params.network, files)), file, options);
  });
}

/** What a revision that waits would change; nothing where none does. */
export const planWaiting = (options: NetworkOptions): Promise<void> =>
  inNetwork(options, async (client, network) => {
    const { held } = await client.call('status', { params: { network } });
    const { entry, files } = held
      ? await client.call('show', { params: { network, number: held.id.number } })
      : await client.call('pull', { params: { network }, query: {} });
    showPlan(await planOf(client, network, { entry, files }), entry, options);
  });

function showPlan(plan: PlanResult, file: string, { json }: RemoteOptions): void {
  if (json) printJson(plan);
  else print(planText(plan, file));
  exitWith(isNothing(plan) ? exitCodes.yes : exitCodes.changes);
}
