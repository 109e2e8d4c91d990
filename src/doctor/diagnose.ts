import { type Diagnostic, didYouMean } from '#base';
import { countingRun } from '#host';
import type { Check, Group } from './check.ts';
import { checks } from './checks/index.ts';
import { doctorErrors } from './errors.ts';
import type { FactName, Facts } from './facts.ts';
import { Gathering, type Sources } from './gather/gathering.ts';
import { gatherers } from './gather/index.ts';
import { NotHere, NotKnown } from './gather/not-known.ts';

/** What became of one check. */
export interface Result {
  readonly id: string;
  readonly group: Group;
  /**
   * `none`: there is nothing here that it asks for. `unknown`: that could not be known, which says nothing
   * about the machine.
   */
  readonly is: 'fine' | 'found' | 'none' | 'unknown';
  readonly findings: readonly Diagnostic[];
  /** What is so, where nothing was found. */
  readonly fine: string;
  readonly detail?: string;
  /** Why there is nothing, or nothing known. */
  readonly why?: string;
}

export interface DiagnoseOptions extends Omit<Sources, 'run'> {
  /** Ids of the checks that are wanted; all, if there are none. */
  readonly only: readonly string[];
  /** Told what is being looked at, and when that is done. */
  readonly progress?: (step: Step) => void;
}

export interface Step {
  readonly id: string;
  readonly done: number;
  readonly all: number;
}

/** @throws doctor/unknown-check */
function chosen(only: readonly string[]): readonly Check[] {
  const ids = checks.map(({ id }) => id);
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, ids, 'check');
    throw doctorErrors.error('doctor/unknown-check', { id: unknown, hint });
  }
  return only.length === 0 ? checks : checks.filter(({ id }) => only.includes(id));
}

async function factsFor(gathering: Gathering, needs: readonly FactName[]): Promise<Facts> {
  const found = needs.map(async (name) => [name, await gathering.get(name)] as const);
  return Object.fromEntries(await Promise.all(found)) as unknown as Facts;
}

async function result(gathering: Gathering, check: Check): Promise<Result> {
  const { id, group, fine } = check;
  const common = { id, group, fine };
  try {
    const facts = await factsFor(gathering, check.needs);
    const findings = check.judge(facts);
    const detail = check.detail?.(facts);
    const is = findings.length === 0 ? 'fine' : 'found';
    return { ...common, is, findings, ...(detail && { detail }) };
  } catch (error) {
    if (!(error instanceof NotKnown)) throw error;
    const is = error instanceof NotHere ? 'none' : 'unknown';
    return { ...common, is, findings: [], why: error.message };
  }
}

/**
 * Looks at this machine: gathers what the checks ask for, all at once, and lets them judge. Changes
 * nothing, and needs no server. @throws doctor/unknown-check
 */
export async function diagnose(options: DiagnoseOptions): Promise<readonly Result[]> {
  const wanted = chosen(options.only);
  const gathering = new Gathering({ ...options, run: countingRun().run }, gatherers);
  let done = 0;
  return Promise.all(
    wanted.map(async (check) => {
      const one = await result(gathering, check);
      done++;
      options.progress?.({ id: check.id, done, all: wanted.length });
      return one;
    }),
  );
}

/** Whether anything keeps the network from working. */
export const isIll = (results: readonly Result[]): boolean =>
  results.some(({ findings }) => findings.some(({ severity }) => severity === 'error'));
