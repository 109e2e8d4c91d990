import type { DriftEntry } from '#api';
import type { Lab } from '../lab.ts';
import { atServer } from './at-server.ts';

/** What differed on the machines of a lab, or on one, and was put back by its agent. Throws `lab/no-server`. */
export async function driftAtServer(lab: Lab, machine?: string): Promise<readonly DriftEntry[]> {
  const { name } = lab.network;
  const only = machine === undefined ? [] : [machine];
  return (await atServer(lab, 'drift', '--network', name, ...only)) as readonly DriftEntry[];
}
