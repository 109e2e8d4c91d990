import { countingRun, type Run, underlayMtu } from '#host';
import { parseEndpoint } from '#ip';
import { agentErrors } from './errors.ts';
import { defaultStateFolder, Store } from './store.ts';

/** What a machine sees of the networks below, in the shape of the facts' observations. */
export interface Seen {
  readonly machine: string;
  /** Bytes; absent where no peer has an endpoint or a route. */
  readonly mtu?: number;
}

export interface ObserveOptions {
  readonly stateDir?: string;
  readonly run?: Run;
}

/** Looks at the ways to the endpoints of a network's last state. @throws agent/nothing-applied */
export async function observeUnderlay(
  network: string,
  { stateDir = defaultStateFolder, run = countingRun().run }: ObserveOptions = {},
): Promise<Seen> {
  const state = new Store(stateDir).keptState(network);
  if (!state) throw agentErrors.error('agent/nothing-applied', { network });
  const tunnels = Object.values(state.tunnels);
  const endpoints = tunnels.flatMap(({ peers }) => Object.values(peers));
  const addresses = endpoints.flatMap(({ endpoint }) => {
    const address = endpoint === undefined ? undefined : parseEndpoint(endpoint).address;
    return address ? [address.toString()] : [];
  });
  const mtu = await underlayMtu(run, addresses, tunnels[0]?.fwmark ?? 0);
  return { machine: state.machine, ...(mtu !== undefined && { mtu }) };
}
