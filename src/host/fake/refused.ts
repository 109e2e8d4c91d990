import { type Diagnostic, HawserError } from '#base';
import { hostErrors } from '../errors.ts';
import { findingOf } from '../failure.ts';
import { Refusal } from './kernel.ts';

/** What is told of something that could not be made; anything that no kernel would say is a defect and goes on. */
export function refused(error: unknown): Diagnostic {
  if (error instanceof HawserError) return findingOf(error);
  if (!(error instanceof Refusal)) throw error;
  const args = { argv: 'fake', exit: 1, stderr: error.message };
  return findingOf(hostErrors.error('host/command-failed', args));
}
