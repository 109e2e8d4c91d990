import { Command } from 'commander';
import { DiagnosticsError, formatDiagnostic } from '#base';
import { type Cut, matrix, type Proof, pairLines, proofJson, type Report, summary } from '#lab';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { findingsOf, isError, type Opened, openNetwork } from '../load.ts';
import { colours, print, printJson, tell } from '../output.ts';
import { progressFor } from './lab-progress.ts';

export interface Options {
  readonly name?: string;
  readonly json?: boolean;
}

/** A subcommand with the options that all have. `name`: what the name of a lab is good for. */
export const sub = (
  usage: string,
  description: string,
  name = 'which lab, where several are up',
): Command =>
  new Command(usage)
    .description(description)
    .option('--name <name>', name)
    .option('--json', 'for programs');

/** What the exit codes of commands that measure say. */
export const proofExitCodes =
  '\nExit code 0: the network is what its file says. 1: it is not, or the file has errors. 2: could not be tried.';

/** Those of all others. */
export const doneExitCodes = '\nExit code 0: done. 2: could not be done.';

/** The network of a file that is right, with what is known of it; its warnings are told. Throws all its errors. */
export function openSound(file: string): Opened {
  const opened = openNetwork(file);
  const findings = findingsOf(opened);
  const errors = findings.filter(isError);
  if (errors.length > 0) throw new DiagnosticsError(errors);
  for (const warning of findings) tell(formatDiagnostic(warning));
  return opened;
}

/** Up to this many pairs get a line each; more become a matrix. */
const mostLines = 30;

export function showProof(proof: Proof, cuts: readonly Cut[], options: Options): void {
  if (options.json) printJson(proofJson(proof));
  else print(proofText(proof, cuts));
  exitOf(proof);
}

export const exitOf = ({ mismatches }: Proof): void =>
  exitWith(mismatches.length > 0 ? exitCodes.no : exitCodes.yes);

function proofText(proof: Proof, cuts: readonly Cut[]): string {
  const pairs = new Set(proof.findings.map(({ expected: e }) => `${e.from} ${e.to}`)).size;
  const draw = pairs > mostLines ? matrix : pairLines;
  const found = proof.findings.length > 0 ? `\n${draw(proof.findings, colours)}\n` : '';
  const note = cuts.map((cutOff) => `\ncut          ${cutOff.join(' from ')}`).join('');
  return `${found}\n${summary(proof, colours)}${note}`;
}

export async function withProgress<T>(
  options: Options,
  task: (report: Report) => Promise<T>,
): Promise<T> {
  const progress = await progressFor(options.json ?? false);
  try {
    return await task(progress.report);
  } finally {
    await progress.end();
  }
}

/** A lab named by the argument or by the option. Throws `cli/two-labs`. */
export function oneLab(argument: string | undefined, { name }: Options): string | undefined {
  if (argument === undefined || name === undefined || argument === name) return argument ?? name;
  throw cliErrors.error('cli/two-labs', { a: argument, b: name });
}
