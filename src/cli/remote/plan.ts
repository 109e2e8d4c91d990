import type { PlanResult } from '#api';
import { DiagnosticsError, formatDiagnostic } from '#base';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { placedHere, readFileSet } from './file-set.ts';
import { atServer, type RemoteOptions } from './session.ts';

/** A plan of the server as people read it. */
export const planText = ({ text, warnings, notes = [] }: PlanResult, file: string): string =>
  [
    text.trimEnd() || 'No changes.',
    ...notes,
    ...placedHere(warnings, file).map((warning) => formatDiagnostic(warning)),
  ].join('\n');

/** Runs with the server's findings told at the file as it is named here. */
export async function toldHere<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DiagnosticsError)) throw error;
    throw new DiagnosticsError(placedHere(error.diagnostics, file));
  }
}

/** What a file would change in the network of its name, as its server says. */
export function planAtServer(file: string, options: RemoteOptions): Promise<void> {
  const { network, files } = readFileSet(file);
  return atServer(options, async (client) => {
    const params = { network: network.name };
    const plan = await toldHere(file, () => client.call('plan', { params, body: files }));
    if (options.json) printJson(plan);
    else print(planText(plan, file));
    exitWith(plan.text === '' ? exitCodes.yes : exitCodes.changes);
  });
}
