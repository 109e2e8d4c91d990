import {
  type Diagnostic,
  DiagnosticsError,
  formatDiagnostic,
  HawserError,
  plainFinding,
} from '#base';
import { printJson, tell } from './output.ts';

/** What exit codes mean, for scripts. */
export const exitCodes = {
  /** Done, and yes. */
  yes: 0,
  /** Done, and the answer is no: errors in the file, a refused flow, a failed proof. */
  no: 1,
  /** Could not do what was asked. */
  failed: 2,
  /** A plan that has changes. */
  changes: 3,
} as const;

/** Ends the program with a code once its output is out. */
export function exitWith(code: number): void {
  process.exitCode = code;
}

/** The file was not read at all: nothing can be said about it. */
const unreadCodes: ReadonlySet<string> = new Set(['spec/file-not-found', 'spec/file-unreadable']);

/** Tells what went wrong, for people on stderr or as JSON on stdout; never a stack for a known error. */
export function reportFailure(error: unknown, json: boolean): void {
  const findings: readonly Diagnostic[] | undefined =
    error instanceof DiagnosticsError
      ? error.diagnostics
      : error instanceof HawserError
        ? [error]
        : undefined;
  if (!findings) {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  } else if (json) {
    printJson({ errors: findings.map(plainDiagnostic) });
  } else {
    for (const finding of findings) tell(formatDiagnostic(finding));
  }
  const unread = findings?.every(({ code }) => unreadCodes.has(code));
  exitWith(error instanceof DiagnosticsError && !unread ? exitCodes.no : exitCodes.failed);
}

/** A diagnostic as plain data, also when it is an Error. */
export const plainDiagnostic = (d: Diagnostic): Diagnostic => ({
  ...plainFinding(d),
  ...(d.place && { place: d.place }),
  ...(d.text !== undefined && { text: d.text }),
});
