import { type Diagnostic, HawserError } from '#base';
import { countingRun, type Run } from '#host';
import { agentErrors } from '../errors.ts';
import type { Store } from '../store.ts';

/**
 * Sees to it that a unit no longer makes an adopted interface at boot, where the agent does. What it
 * made stays up.
 */
export async function disableUnit(
  store: Store,
  network: string,
  unit: string,
  run: Run = countingRun().run,
): Promise<void> {
  const adoption = store.adoptions.find(network);
  if (!adoption) return;
  store.adoptions.put({ ...adoption, units: [...new Set([...adoption.units, unit])] });
  await run('write', ['systemctl', 'disable', unit]);
}

async function enable(run: Run, unit: string, device: string): Promise<readonly Diagnostic[]> {
  try {
    await run('write', ['systemctl', 'enable', unit]);
    return [];
  } catch (error) {
    if (!(error instanceof HawserError)) throw error;
    const args = { unit, interface: device, detail: error.message };
    return [agentErrors.diagnostic('agent/unit-stays-off', args, { severity: 'warning' })];
  }
}

/**
 * Ends the adoption of a network's tunnel once it is given back: what made it at boot does so again, its
 * preshared keys are its owner's. Tells what could not be done.
 */
export async function endAdoption(
  store: Store,
  network: string,
  run: Run = countingRun().run,
): Promise<readonly Diagnostic[]> {
  const adoption = store.adoptions.find(network);
  if (!adoption) return [];
  const found: Diagnostic[] = [];
  for (const unit of adoption.units) found.push(...(await enable(run, unit, adoption.interface)));
  store.bringSecrets(network, new Map());
  store.adoptions.drop(network);
  return found;
}
