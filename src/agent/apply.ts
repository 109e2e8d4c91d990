import { readFileSync } from 'node:fs';
import { type Host, linuxHost } from '#host';
import { type HostState, parseHostState } from '#state';
import { Agent } from './agent.ts';
import { agentErrors } from './errors.ts';
import type { Report } from './report.ts';
import { defaultStateFolder, Store } from './store.ts';

export interface ApplyOptions {
  readonly stateFile: string;
  /** Where keys and last known states lie; /var/lib/hawser. */
  readonly stateDir?: string;
  readonly host?: Host;
}

export interface CleanupOptions {
  readonly stateDir?: string;
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

const agentOf = ({ stateDir, host }: { readonly stateDir?: string; readonly host?: Host }): Agent =>
  new Agent({ host: host ?? linuxHost(), store: new Store(stateDir ?? defaultStateFolder) });

/**
 * Brings this machine to a HostState once.
 * @throws agent/no-state-file, state/..., DiagnosticsError with host/...-taken
 */
export const applyState = async (options: ApplyOptions): Promise<Report> =>
  agentOf(options).reconcile(readState(options.stateFile));

/** Removes one network, or all there are, from this machine; keys stay. */
export async function cleanup(
  network?: string,
  options: CleanupOptions = {},
): Promise<readonly Report[]> {
  const host = options.host ?? linuxHost();
  const agent = agentOf({ ...options, host });
  const networks = network === undefined ? await host.networks() : [network];
  const reports: Report[] = [];
  for (const name of networks) reports.push(await agent.cleanup(name));
  return reports;
}

/** The public key of this machine in a network; the private key is born at the first call. */
export const agentKey = (network: string, lane = 0, stateDir = defaultStateFolder): string =>
  new Store(stateDir).publicKey(network, lane);
