import { type Run, underlayMtu } from '#host';
import { parseEndpoint } from '#ip';
import type { HostState } from '#state';

/** Peers that are asked for: most of them are reached by the same way. */
const mostAsked = 16;

/** The addresses of peers' endpoints, some of many. */
function endpointsOf({ tunnels }: HostState): readonly string[] {
  const peers = Object.values(tunnels).flatMap((tunnel) => Object.values(tunnel.peers));
  const addresses = peers.flatMap(({ endpoint }) => {
    const address = endpoint === undefined ? undefined : parseEndpoint(endpoint).address;
    return address ? [address.toString()] : [];
  });
  return [...new Set(addresses)].slice(0, mostAsked);
}

/** The largest packet that this machine's own network takes towards its peers, bytes; as far as known. */
export async function mtuTowardsPeers(run: Run, state: HostState): Promise<number | undefined> {
  const addresses = endpointsOf(state);
  if (addresses.length === 0) return undefined;
  const mark = Object.values(state.tunnels)[0]?.fwmark ?? 0;
  return underlayMtu(run, addresses, mark).catch(() => undefined);
}
