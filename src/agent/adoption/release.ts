import { type Diagnostic, DiagnosticsError, HawserError } from '#base';
import { cleanup } from '../apply.ts';
import { askAgent } from '../daemon/control.ts';
import { Enrolments } from '../enrolment.ts';
import { agentErrors } from '../errors.ts';
import { Store } from '../store.ts';
import type { Adoption } from './adoption.ts';

export interface Wanted {
  readonly stateDir: string;
  readonly network?: string;
  readonly interface?: string;
  /** Why, for history and audit. */
  readonly why?: string | undefined;
}

export interface Released {
  readonly network: string;
  readonly interface: string;
  /** Whether a server heard that the machine leaves. */
  readonly told: boolean;
  /** Units that make it at boot again. */
  readonly units: readonly string[];
  readonly notes: readonly Diagnostic[];
}

/** The adopted interface that is meant, of several by name. @throws agent/nothing-adopted */
export function adoptionOf({ stateDir, network, interface: device }: Wanted): Adoption {
  const all = new Store(stateDir).adoptions
    .all()
    .filter(
      (one) =>
        (network === undefined || one.network === network) &&
        (device === undefined || one.interface === device),
    );
  const [first, ...others] = all;
  if (first && others.length === 0) return first;
  const names = all.map((one) => `${one.interface} (${one.network})`).join(', ');
  if (first) throw agentErrors.error('agent/several-adopted', { names });
  const name = device ?? network;
  const under = name === undefined ? '' : ` under the name ${name}`;
  throw agentErrors.error('agent/nothing-adopted', { under });
}

/** Without an agent, and so without a server. */
async function releaseAlone(stateDir: string, network: string): Promise<readonly Diagnostic[]> {
  const [report] = await cleanup(network, { stateDir });
  const failures = report?.failures.map(({ error }) => error) ?? [];
  if (failures.length > 0) throw new DiagnosticsError(failures);
  new Enrolments(stateDir).remove(network);
  return report?.notes ?? [];
}

/**
 * Gives an adopted interface back, and leaves its network, whose file goes on naming the machine.
 * @throws agent/nothing-adopted, agent/several-adopted, agent/busy, DiagnosticsError
 */
export async function release(wanted: Wanted): Promise<Released> {
  const { network, interface: device, units } = adoptionOf(wanted);
  const { stateDir, why } = wanted;
  const released = { network, interface: device, units };
  try {
    const leaving = { network, keepsPlace: true, why };
    const { told, notes } = await askAgent(stateDir, { do: 'leave', ...leaving });
    return { ...released, told, notes };
  } catch (error) {
    if (!(error instanceof HawserError) || error.code !== 'agent/not-running') throw error;
    return { ...released, told: false, notes: await releaseAlone(stateDir, network) };
  }
}
