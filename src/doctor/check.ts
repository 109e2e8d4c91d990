import type { Diagnostic } from '#base';
import type { FactName, Facts } from './facts.ts';

/** What belongs together, in the order in which it is told. */
export const groups = {
  programs: 'Programs and kernel',
  agent: 'Agent',
  ports: 'Port and firewall',
  peers: 'Peers',
  forwarding: 'Forwarding',
  routes: 'Routes',
  names: 'Names',
  server: 'Server and clock',
} as const;
export type Group = keyof typeof groups;

/** One question to the machine: pure, over facts that were gathered before. */
export interface Check {
  readonly id: string;
  readonly group: Group;
  /** What is so when nothing is found. */
  readonly fine: string;
  readonly needs: readonly FactName[];
  /** What it may find; the fact of a need that is not known is not looked at. */
  readonly codes: readonly string[];
  judge(facts: Facts): readonly Diagnostic[];
  /** What a person may like to know where all is well. */
  detail?(facts: Facts): string;
}

interface Definition<K extends FactName> extends Omit<Check, 'needs' | 'judge' | 'detail'> {
  readonly needs: readonly K[];
  judge(facts: Pick<Facts, K>): readonly Diagnostic[];
  detail?(facts: Pick<Facts, K>): string;
}

/** A check sees the facts that it names, and no others. */
export const check = <const K extends FactName>(definition: Definition<K>): Check => definition;
