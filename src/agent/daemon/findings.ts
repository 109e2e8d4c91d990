import type { Finding } from '#api';
import { DiagnosticsError, HawserError, plainFinding } from '#base';
import type { Report } from '../report.ts';

/** Each once: many changes may fail for one reason. */
export const findingsOf = (report: Report): readonly Finding[] => [
  ...new Map(report.failures.map(({ error }) => [error.message, plainFinding(error)])).values(),
];

/** Known errors as findings; what is none is not ours to swallow. */
export function findingsIn(error: unknown): readonly Finding[] {
  if (error instanceof DiagnosticsError) return error.diagnostics.map(plainFinding);
  if (error instanceof HawserError) return [plainFinding(error)];
  throw error;
}

export const messagesOf = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ message, code }) => `${message} [${code}]`);

/** An error for the log: in words where we know it, else with where it came from. */
export function explained(error: unknown): string {
  if (error instanceof HawserError) return messagesOf([plainFinding(error)]).join('');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export const textOf = (findings: readonly Finding[]): string => messagesOf(findings).join('\n');

/** A line of the log with what belongs to it below. */
export const list = (head: string, lines: readonly string[]): string =>
  [head, ...lines].join('\n  ');
