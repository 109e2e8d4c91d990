import { readFileSync } from 'node:fs';
import { didYouMean } from '#base';
import { type Host, linuxHost } from '#host';
import { type HostState, parseHostState } from '#state';
import { endAdoption } from './adoption/end.ts';
import { Agent } from './agent.ts';
import { agentErrors } from './errors.ts';
import { type LockOptions, withLock } from './lock.ts';
import { learnedOf } from './lookups/learned.ts';
import { lookUpAll } from './lookups/look-up.ts';
import type { Report } from './report.ts';
import { defaultStateFolder, Store } from './store.ts';

export interface ApplyOptions {
  readonly stateFile: string;
  /** Where keys and last known states lie; /var/lib/hawser. */
  readonly stateDir?: string;
  readonly lock?: LockOptions;
  readonly host?: Host;
}

export interface CleanupOptions {
  readonly stateDir?: string;
  readonly lock?: LockOptions;
  readonly host?: Host;
}

function readState(file: string): HostState {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const detail = (cause as Error).message;
    throw agentErrors.error('agent/no-state-file', { file, detail }, { cause });
  }
  return parseHostState(text);
}

interface Place {
  readonly stateDir?: string;
  readonly host?: Host;
}

const hostOf = ({ stateDir = defaultStateFolder, host }: Place): Host =>
  host ?? linuxHost({ stateFolder: stateDir });

const agentOf = (place: Place): Agent =>
  new Agent({ host: hostOf(place), store: new Store(place.stateDir ?? defaultStateFolder) });

/**
 * Brings this machine to a HostState once, while no other agent works on it. Names outside are looked up once, too.
 * @throws agent/no-state-file, agent/busy, agent/not-permitted, state/..., DiagnosticsError with
 *   host/...-taken
 */
export async function applyState(options: ApplyOptions): Promise<Report> {
  const state = readState(options.stateFile);
  return withLock(async () => {
    const agent = agentOf(options);
    const store = new Store(options.stateDir ?? defaultStateFolder);
    agent.learn(state.network, 'lookups', learnedOf(state, await lookUpAll(state, store)));
    return agent.reconcile(state);
  }, options.lock);
}

/**
 * Removes one network, or all there are, from this machine, while no other agent works on it; keys
 * stay. @throws agent/no-such-network, agent/busy, agent/not-permitted
 */
export async function cleanup(
  network?: string,
  options: CleanupOptions = {},
): Promise<readonly Report[]> {
  return withLock(() => cleanupAlone(network, options), options.lock);
}

async function cleanupAlone(
  network: string | undefined,
  options: CleanupOptions,
): Promise<readonly Report[]> {
  const host = hostOf(options);
  const agent = agentOf({ ...options, host });
  const networks = network === undefined ? await host.networks() : [network];
  const known = [...(await host.networks()), ...new Store(options.stateDir).networks()];
  const reports: Report[] = [];
  const store = new Store(options.stateDir);
  for (const name of networks) {
    const report = await agent.cleanup(name);
    if (report.failures.length > 0) reports.push(report);
    else {
      const ended = await endAdoption(store, name);
      reports.push({ ...report, notes: [...report.notes, ...ended] });
    }
  }
  // What nobody knows may still have left something behind; if it has not, it is a slip of the pen.
  if (network !== undefined && !known.includes(network) && reports[0]?.unchanged) {
    const hint = didYouMean(network, [...new Set(known)].sort(), 'network on this machine');
    throw agentErrors.error('agent/no-such-network', { network, hint });
  }
  return reports;
}

/** The public key of this machine in a network; the private key is born at the first call. */
export const agentKey = (network: string, lane = 0, stateDir = defaultStateFolder): string =>
  new Store(stateDir).publicKey(network, lane);
