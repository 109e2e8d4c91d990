import { HawserError } from '#base';
import type { HostState } from '#state';
import { askAgent } from './daemon/control.ts';
import { KeptStates } from './daemon/kept.ts';
import { Enrolments } from './enrolment.ts';
import { Store } from './store.ts';

/** What this machine should be in one network, and who says so. */
export interface HeldState {
  readonly state: HostState;
  /** `disk`: no agent answered; what was confirmed last, or applied without a server. */
  readonly from: 'agent' | 'disk';
}

/** The state that a running agent holds; undefined where none answers or it holds none. */
async function askedOf(stateDir: string, network: string): Promise<HostState | undefined> {
  try {
    return await askAgent(stateDir, { do: 'state', network });
  } catch (error) {
    if (error instanceof HawserError && error.code !== 'agent/not-permitted') return undefined;
    throw error;
  }
}

/** What this machine should be, network by network. @throws agent/not-permitted, state/... */
export async function heldStates(stateDir: string): Promise<readonly HeldState[]> {
  const store = new Store(stateDir);
  const networks = new Set([...new Enrolments(stateDir).networks(), ...store.networks()]);
  const found = [...networks].sort().map(async (network): Promise<readonly HeldState[]> => {
    const held = await askedOf(stateDir, network);
    if (held) return [{ state: held, from: 'agent' }];
    const { confirmed } = new KeptStates(stateDir, network).load();
    const kept = confirmed?.state ?? store.keptState(network);
    return kept ? [{ state: kept, from: 'disk' }] : [];
  });
  return (await Promise.all(found)).flat();
}
