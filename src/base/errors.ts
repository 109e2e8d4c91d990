/**
 * Errors with codes (law 11). A room declares its table with `errorTable`; a generator collects all
 * tables into the error catalogue.
 */

/** A position in a text file; line and column start at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a code means: `says` and `fix` are templates whose `{names}` are filled when it is raised. */
export interface ErrorEntry {
  readonly says: string;
  readonly fix: string;
}

export type Severity = 'error' | 'warning';

/** One finding, ready to print: what, where, and what to do. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
  readonly place?: Place;
  /** The offending text, as the person wrote it. */
  readonly text?: string;
}

/** What a finding says, without where: plain data, also of an Error, as other processes are told it. */
export const plainFinding = ({
  code,
  severity,
  message,
  fix,
}: Diagnostic): Omit<Diagnostic, 'place' | 'text'> => ({ code, severity, message, fix });

type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type ArgumentsOf<E extends ErrorEntry> = {
  readonly [N in Names<E['says']> | Names<E['fix']>]: string | number | bigint;
};

export interface Whereabouts {
  readonly place?: Place | undefined;
  readonly text?: string | undefined;
  readonly cause?: unknown;
}

/** An error whose code stands in the catalogue. */
export class HawserError extends Error implements Diagnostic {
  readonly code: string;
  readonly severity = 'error';
  readonly fix: string;
  declare readonly place?: Place;
  declare readonly text?: string;

  constructor(diagnostic: Omit<Diagnostic, 'severity'>, cause?: unknown) {
    super(diagnostic.message, cause === undefined ? undefined : { cause });
    this.name = 'HawserError';
    this.code = diagnostic.code;
    this.fix = diagnostic.fix;
    if (diagnostic.place) this.place = diagnostic.place;
    if (diagnostic.text !== undefined) this.text = diagnostic.text;
  }
}

/** Several findings at once, such as all errors of one file. */
export class DiagnosticsError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'DiagnosticsError';
    this.diagnostics = diagnostics;
  }
}

export interface ErrorTable<T extends Record<string, ErrorEntry>> {
  readonly entries: T;
  /** A finding that is collected, not thrown. */
  diagnostic<C extends keyof T & string>(
    code: C,
    args: ArgumentsOf<T[C]>,
    where?: Whereabouts & { readonly severity?: Severity },
  ): Diagnostic;
  /** An error to throw. */
  error<C extends keyof T & string>(
    code: C,
    args: ArgumentsOf<T[C]>,
    where?: Whereabouts,
  ): HawserError;
}

const fill = (template: string, args: Readonly<Record<string, unknown>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in args ? String(args[name]) : whole,
  );

export function errorTable<const T extends Record<string, ErrorEntry>>(entries: T): ErrorTable<T> {
  const diagnostic: ErrorTable<T>['diagnostic'] = (code, args, where = {}) => {
    const entry = entries[code] as ErrorEntry;
    return {
      code,
      severity: where.severity ?? 'error',
      message: fill(entry.says, args),
      fix: fill(entry.fix, args),
      ...(where.place && { place: where.place }),
      ...(where.text !== undefined && { text: where.text }),
    };
  };
  return {
    entries,
    diagnostic,
    error: (code, args, where = {}) => new HawserError(diagnostic(code, args, where), where.cause),
  };
}

export const formatPlace = (place: Place): string => `${place.file}:${place.line}:${place.column}`;

/** `file:line:column: error code: message` and, on a second line, the remedy. */
export function formatDiagnostic(d: Diagnostic): string {
  const where = d.place ? `${formatPlace(d.place)}: ` : '';
  return `${where}${d.severity} ${d.code}: ${d.message}\n    ${d.fix}`;
}
