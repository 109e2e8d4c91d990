import type { Diagnostic } from '#base';
import type { Backend, Failure } from '#host';
import { type Change, describeChanges } from '#state';

/** A change that was not made, or something that stands in the way of the whole. */
export interface Shortfall {
  readonly change?: Change;
  readonly error: Diagnostic;
}

/** What one run found and did on a machine. */
export interface Report {
  readonly network: string;
  /** Nothing differed, nothing was written. */
  readonly unchanged: boolean;
  /** Made, by what was seen afterwards. */
  readonly changes: readonly Change[];
  readonly failures: readonly Shortfall[];
  /** What a person should know that is no failure. */
  readonly notes: readonly Diagnostic[];
  /** How each tunnel is made. */
  readonly backends: Readonly<Record<string, Backend>>;
  /** Processes that wrote. */
  readonly writes: number;
}

const keyOf = ({ namespace, facility, id }: Change): string => `${namespace} ${facility} ${id}`;

/** The changes that did happen, when a second look finds that others remain. */
export function sortOut(
  tried: readonly Change[],
  failures: readonly Failure[],
  remaining: readonly Change[],
  notDone: (change: Change) => Diagnostic,
): { readonly changes: readonly Change[]; readonly failures: readonly Shortfall[] } {
  const left = new Set(remaining.map(keyOf));
  const reasons = new Map(failures.map(({ change, error }) => [keyOf(change), error]));
  return {
    changes: tried.filter((change) => !left.has(keyOf(change))),
    failures: remaining.map((change) => ({
      change,
      error: reasons.get(keyOf(change)) ?? notDone(change),
    })),
  };
}

/** Failures of one reason; changes of one kind may be told as one. */
function describeFailures(same: readonly Shortfall[]): readonly string[] {
  const [first] = same;
  const why = first ? `${first.error.message} [${first.error.code}]` : '';
  const changes = same.flatMap(({ change }) => change ?? []);
  if (changes.length === 0) return [`FAILED ${why}`];
  return describeChanges(changes).map((what) => `FAILED ${what}: ${why}`);
}

/** The report as lines for people. */
export function describeReport(report: Report): readonly string[] {
  const notes = report.notes.map(({ message, code }) => `NOTE ${message} [${code}]`);
  if (report.unchanged) return [...notes, 'unchanged'];
  const made = describeChanges(report.changes);
  const failed = [...Map.groupBy(report.failures, ({ error }) => error.message)].flatMap(
    ([, same]) => describeFailures(same),
  );
  return [...notes, ...made, ...failed];
}
