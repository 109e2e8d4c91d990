import { Command } from 'commander';
import { type Diagnostic, HawserError } from '#base';
import { diagnose, type Group, groups, isIll, type KnownServer, type Result } from '#doctor';
import packageFile from '../../../package.json' with { type: 'json' };
import { exitCodes, exitWith } from '../exit.ts';
import { paint, print, printJson } from '../output.ts';
import { findAccess } from '../remote/access.ts';
import { thisProgram } from '../this-program.ts';
import { stateFolder } from './agent-daemon.ts';

interface Flags {
  readonly stateDir: string;
  readonly only?: readonly string[];
  readonly json?: boolean;
}

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('find what keeps this machine from its networks, and say what mends it')
    .option('--only <check...>', 'only these checks')
    .option(...stateFolder)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nChanges nothing. Works with and without a server; root sees all of it.\nExit code 0: nothing is wrong. 1: something is, and it is said what mends it.',
    )
    .action(async ({ stateDir, only = [], json = false }: Flags) => {
      const results = await examine(stateDir, only);
      if (json) printJson(plainResults(results));
      else print(describeResults(results));
      exitWith(isIll(results) ? exitCodes.no : exitCodes.yes);
    });

/** The servers that this user is logged in at. */
function knownServers(): readonly KnownServer[] {
  try {
    const { servers, pin } = findAccess({});
    return servers.map((server) => ({ server, ...(pin !== undefined && { pin }) }));
  } catch (error) {
    if (error instanceof HawserError) return [];
    throw error;
  }
}

const isWatched = (): boolean => process.stderr.isTTY;
const erase = '\r\u001B[K';

/** All checks, or some; on a terminal it tells how far it is. */
export async function examine(
  stateDir: string,
  only: readonly string[],
): Promise<readonly Result[]> {
  const results = await diagnose({
    stateDir,
    only,
    version: packageFile.version,
    program: thisProgram(),
    known: knownServers(),
    progress: ({ id, done, all }) => {
      if (isWatched()) process.stderr.write(`${erase}${done} of ${all} checks: ${id}`);
    },
  });
  if (isWatched()) process.stderr.write(erase);
  return results;
}

/** What programs get: every check, and its findings as plain data. */
export const plainResults = (results: readonly Result[]) => ({
  version: packageFile.version,
  ill: isIll(results),
  checks: results,
});

/** Results group by group; what is well takes one line, and what is not known for one reason, too. */
export function describeResults(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ id }) => id.length));
  const blocks = (Object.keys(groups) as Group[]).flatMap((group) => {
    const own = results.filter((one) => one.group === group);
    if (own.length === 0) return [];
    const lines = own.filter(({ why }) => why === undefined).flatMap((one) => linesOf(one, width));
    return [[paint('bold', groups[group]), ...lines, ...silentLines(own)].join('\n')];
  });
  return [...blocks, summaryOf(results)].join('\n\n');
}

function linesOf({ id, is, findings, fine, detail }: Result, width: number): readonly string[] {
  const name = id.padEnd(width);
  if (is === 'found') return findings.flatMap((finding) => findingLines(finding, name));
  return [`  ${paint('green', 'ok   ')} ${name}  ${fine}${detail ? ` (${detail})` : ''}`];
}

/** Checks that had nothing to look at, or could not look, by their reason. */
function silentLines(results: readonly Result[]): readonly string[] {
  const silent = results.filter(({ why }) => why !== undefined);
  return [...Map.groupBy(silent, ({ is, why }) => `${is === 'none' ? '-' : '?'} ${why}`)].map(
    ([reason, same]) => {
      const [mark = '', why] = [reason[0], reason.slice(2)];
      return `  ${paint('dim', mark.padEnd(5))} ${same.map(({ id }) => id).join(', ')}: ${why}`;
    },
  );
}

function findingLines({ severity, code, message, fix }: Diagnostic, name: string) {
  const mark = severity === 'error' ? paint(['red', 'bold'], 'WRONG') : paint('yellow', 'odd  ');
  const indent = ' '.repeat(name.length + 10);
  return [`  ${mark} ${name}  ${message} [${code}]`, `${indent}${paint('cyan', fix)}`];
}

function summaryOf(results: readonly Result[]): string {
  const all = results.flatMap(({ findings }) => findings);
  const wrong = all.filter(({ severity }) => severity === 'error').length;
  const odd = all.length - wrong;
  const unknown = results.filter(({ is }) => is === 'unknown');
  const rest = unknown.length === 0 ? '' : `; ${unknown.length} checks could not be made`;
  const root = unknown.some(({ why }) => why === 'needs root') ? ' (some need root)' : '';
  if (all.length === 0) return `nothing is wrong${rest}${root}`;
  return `${wrong} wrong, ${odd} odd${rest}${root}`;
}
