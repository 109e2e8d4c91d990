import type { MonitorResult } from '#api';
import type { Run } from '#host';
import type { Monitor } from '#state';
import type { Agent } from '../agent.ts';
import type { Enrolments } from '../enrolment.ts';
import type { Identity } from '../identity.ts';
import type { Store } from '../store.ts';
import type { Upgrades } from '../upgrade/upgrades.ts';
import type { Confinement } from './confinement.ts';
import type { Echo } from './echo.ts';
import type { Pause } from './pause.ts';
import type { Turns } from './turns.ts';

/** ms; tests are less patient. */
export interface Timings {
  /** How long a server may not be reached by a path that a new state touched, until it is taken back. */
  readonly confirm: number;
  /** All is looked at again after so long, whatever happened. */
  readonly resync: number;
  /** Confirmations that nothing hangs on are spread over so long: all machines of a change come at once. */
  readonly spread: number;
}

export const defaultTimings: Timings = { confirm: 30_000, resync: 30_000, spread: 300 };

/** Looks at a service once, as `#monitors` does. Never throws what the service could cause. */
export type Probe = (monitor: Monitor) => Promise<MonitorResult>;

/** What the networks of one machine share. */
export interface Machine {
  readonly stateDir: string;
  readonly agent: Agent;
  readonly store: Store;
  readonly enrolments: Enrolments;
  readonly identity: Identity;
  readonly run: Run;
  readonly probe: Probe;
  readonly turns: Turns;
  readonly echo: Echo;
  readonly pause: Pause;
  readonly upgrades: Upgrades;
  readonly confinement: Confinement;
  readonly timings: Timings;
  /** Random at each start of the agent: it tells clones apart. */
  readonly start: string;
  /** Random at each boot of the machine. */
  readonly boot: string;
  readonly version: string;
  readonly log: (line: string) => void;
  /** A network is to be forgotten: its server, or a person, said so. */
  readonly forget: (network: string) => void;
}
