import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineStatus, ResponseOf } from '#api';
import { type Diagnostic, DiagnosticsError, HawserError } from '#base';
import { cliErrors } from '../errors.ts';
import type { Client } from './client.ts';
import type { MachineEvent } from './machine-progress.ts';

/** What became of a machine: `spared`: another one failed before its turn came. */
export interface Upgraded {
  readonly machine: string;
  readonly outcome: 'upgraded' | 'unchanged' | 'failed' | 'spared';
  readonly version?: string;
  readonly error?: Diagnostic;
}

export interface UpgradeInit {
  readonly client: Client;
  readonly network: string;
  /** Seconds that a new agent has to be connected again. */
  readonly within: number;
  readonly why?: string | undefined;
  readonly report: (event: MachineEvent) => void;
}

/** Seconds for a package to be fetched and put in place, and for one before to be put back. */
const besides = 300;
const pause = 500;

async function statusOf({ client, network }: UpgradeInit, machine: string): Promise<MachineStatus> {
  const { machines } = await client.call('status', { params: { network } });
  const found = machines.find(({ name }) => name === machine);
  if (found) return found;
  throw cliErrors.error('cli/no-such-machine', { network, machine, hint: 'It left meanwhile.' });
}

type Ordered = ResponseOf<'upgradeMachine'>;

/** Whether it came to an end, and how; undefined while it is under way. */
function endOf({ name, version, connected, upgrade }: MachineStatus, ordered: Ordered) {
  if (upgrade?.id !== ordered.id) return undefined;
  if (upgrade.outcome === 'failed' || upgrade.outcome === 'reverted') {
    return {
      machine: name,
      outcome: 'failed',
      ...versionOf(version),
      ...errorOf(upgrade),
    } as const;
  }
  // The new agent says itself that it is there to stay.
  const isDone = connected && version === ordered.version && upgrade.outcome === 'done';
  return isDone ? ({ machine: name, outcome: 'upgraded', version } as const) : undefined;
}

function doingOf({ connected, version: has }: MachineStatus, { version }: Ordered): string {
  if (!connected) return 'waiting until it returns';
  return has === version ? 'waiting for its word' : `putting ${version} in place`;
}

const versionOf = (version: string | undefined) => (version === undefined ? {} : { version });
const errorOf = ({ error }: { readonly error?: Diagnostic }) => (error ? { error } : {});

async function upgraded(init: UpgradeInit, machine: string): Promise<Upgraded> {
  const { client, network, within, why, report } = init;
  let told = '';
  const tell = (doing: string): void => {
    if (doing !== told) report({ machine, doing });
    told = doing;
  };
  tell('asking for another version');
  const params = { network, machine };
  const ordered = await client.call('upgradeMachine', { params, body: { within, why } });
  const seconds = within + besides;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const status = await statusOf(init, machine);
    const result = endOf(status, ordered);
    if (result) return result;
    tell(doingOf(status, ordered));
    await sleep(pause);
  }
  throw cliErrors.error('cli/upgrade-silent', { machine, seconds });
}

async function tried(init: UpgradeInit, machine: string): Promise<Upgraded> {
  try {
    return await upgraded(init, machine);
  } catch (error) {
    const [first] = error instanceof DiagnosticsError ? error.diagnostics : [error];
    if (!(error instanceof DiagnosticsError || error instanceof HawserError)) throw error;
    return { machine, outcome: 'failed', error: first as Diagnostic };
  }
}

/** Machines in the order of their turns: the first few alone, then so many at once. */
export function wavesOf<T>(
  machines: readonly T[],
  canary: number,
  parallel: number,
): readonly (readonly T[])[] {
  const waves = [machines.slice(0, canary)];
  for (let at = canary; at < machines.length; at += parallel) {
    waves.push(machines.slice(at, at + parallel));
  }
  return waves.filter((wave) => wave.length > 0);
}

/** Upgrades wave by wave; after the first one in which a machine failed nobody else is touched. */
export async function upgradeInWaves(
  waves: readonly (readonly string[])[],
  init: UpgradeInit,
): Promise<readonly Upgraded[]> {
  const results: Upgraded[] = [];
  for (const wave of waves) {
    const isOver = results.some(({ outcome }) => outcome === 'failed');
    const of = async (machine: string): Promise<Upgraded> => {
      const result: Upgraded = isOver ? { machine, outcome: 'spared' } : await tried(init, machine);
      init.report({ machine, result });
      return result;
    };
    results.push(...(await Promise.all(wave.map(of))));
  }
  return results;
}
