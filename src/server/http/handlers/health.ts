import { apiErrors } from '#api';
import { monitorsOf } from '../../health/monitors.ts';
import { tunnelsOf } from '../../health/tunnels.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

type Names = 'tunnels' | 'tunnelHistory' | 'throughput' | 'monitors';

/** ms. */
const day = 86_400_000;

/** @throws api/not-found */
function requireMachine({ names }: Snapshot, machine: string): void {
  if (!names.has(machine)) throw apiErrors.error('api/not-found', { what: `machine ${machine}` });
}

/** How tunnels and services are, and went. */
export function healthHandlers(context: Context): Pick<Handlers, Names> {
  const { clock } = context;
  return {
    async tunnels({ params, query }) {
      const { network, hub } = context.networks.get(params.network);
      const { snapshot } = network;
      const { machine } = query;
      if (machine !== undefined) requireMachine(snapshot, machine);
      return tunnelsOf(snapshot, hub, await network.tunnelPairs(snapshot), query);
    },

    async tunnelHistory({ params: { network: name, a, b }, query }) {
      const { network, hub } = context.networks.get(name);
      for (const machine of [a, b]) requireMachine(network.snapshot, machine);
      const to = query.to === undefined ? clock().getTime() : Date.parse(query.to);
      const from = query.from === undefined ? to - day : Date.parse(query.from);
      return hub.historyOf(a, b, { from, to, step: query.step });
    },

    async throughput({ params }) {
      const { hub } = context.networks.get(params.network);
      return hub.recorder.total.read(clock().getTime() / 1000);
    },

    async monitors({ params, query }) {
      const { network, hub } = context.networks.get(params.network);
      return monitorsOf(network.snapshot, hub, { now: clock(), ...query });
    },
  };
}
