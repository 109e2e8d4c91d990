import type { Finding, Problem } from '#api';
import { hearClock } from './clock.ts';
import { parsePieces } from './pieces.ts';

/** What a server answered that did not do what it was asked. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly fix: string;
  /** What is wrong at which place of a file. */
  readonly errors: readonly Finding[];
  /** Of a conflict: what others did since, a line each. */
  readonly since: readonly string[];

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? '';
    this.fix = problem.fix ?? '';
    this.errors = problem.errors ?? [];
    this.since = problem.since ?? [];
  }
}

async function answerOf(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, { ...init, redirect: 'error' });
  hearClock(response.headers.get('date'));
  if (response.ok) return response;
  const problem: unknown = await response.json().catch(() => ({}));
  throw new Refused(response.status, problem as Partial<Problem>);
}

/** Asks the server. @throws Refused, and TypeError where it does not answer at all */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await answerOf(path, init);
  if (response.status === 204) return undefined as T;
  return (await response.json().catch(() => ({}))) as T;
}

/** Asks for what may be large. @throws as `ask`, and SyntaxError where the answer breaks off */
export async function askLarge<T>(path: string, init: RequestInit = {}): Promise<T> {
  const { body } = await answerOf(path, init);
  return (body && (await parsePieces(body))) as T;
}
