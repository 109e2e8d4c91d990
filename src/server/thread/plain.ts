import { type Diagnostic, DiagnosticsError, HawserError } from '#base';

/** An error as plain data: classes do not pass from one thread to another. */
export type PlainError =
  | { readonly kind: 'one'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'many'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'other'; readonly message: string; readonly stack: string | undefined };

export function plainOf(error: unknown): PlainError {
  if (error instanceof HawserError) {
    const { code, severity, message, fix, place, text } = error;
    const where = { ...(place && { place }), ...(text !== undefined && { text }) };
    return { kind: 'one', diagnostic: { code, severity, message, fix, ...where } };
  }
  if (error instanceof DiagnosticsError) return { kind: 'many', diagnostics: error.diagnostics };
  if (error instanceof Error) return { kind: 'other', message: error.message, stack: error.stack };
  return { kind: 'other', message: String(error), stack: undefined };
}

export function errorOf(plain: PlainError): Error {
  if (plain.kind === 'one') return new HawserError(plain.diagnostic);
  if (plain.kind === 'many') return new DiagnosticsError(plain.diagnostics);
  const error = new Error(plain.message);
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
