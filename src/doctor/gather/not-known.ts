import { DiagnosticsError, HawserError } from '#base';

/** A fact that cannot be known here, or by this user: no reason to say that all is well. */
export class NotKnown extends Error {}

/** There is nothing to know: what is asked for is no part of this machine. */
export class NotHere extends NotKnown {}

export const isRoot = (): boolean => process.geteuid?.() === 0;

const closed = /not permitted|Permission denied|must be root|EACCES|EPERM|NET_ADMIN/i;

/** In words why something could not be found out. */
export function whyNotKnown(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const isClosed =
    closed.test(text) || (error instanceof HawserError && error.code === 'agent/not-permitted');
  if (isClosed && !isRoot()) return 'needs root';
  if (error instanceof DiagnosticsError) {
    return error.diagnostics.map(({ message }) => message).join('; ');
  }
  return text.split('\n')[0] ?? '';
}
