import { Refused } from './server.ts';

/** What went wrong and what helps, as a sentence of the page. */
export const reasonOf = (error: unknown): string =>
  error instanceof Refused ? `${error.message}. ${error.fix}` : 'The server does not answer.';
