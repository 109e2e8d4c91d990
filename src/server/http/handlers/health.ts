import type { TunnelsStatus } from '#api';
import { monitorsOf } from '../../health/monitors.ts';
import { tunnelsOf } from '../../health/tunnels.ts';
import type { JsonText } from '../../json-text.ts';
import type { Handlers } from '../call.ts';
import { Together } from '../together.ts';
import type { Context } from './context.ts';
import { requireMachine, requireNamed } from './named.ts';

type Names = 'tunnels' | 'tunnelHistory' | 'throughput' | 'monitors';

/** ms. */
const day = 86_400_000;

/** How tunnels and services are, and went. */
export function healthHandlers(context: Context): Pick<Handlers, Names> {
  const { clock } = context;
  const tunnels = new Together<JsonText<TunnelsStatus>>();
  return {
    async tunnels({ params, query: { machine, other, state } }) {
      return tunnels.ask(JSON.stringify([params.network, machine, other, state]), async () => {
        const { network, hub } = context.networks.get(params.network);
        const { snapshot } = network;
        for (const name of [machine, other]) if (name !== undefined) requireMachine(snapshot, name);
        const pairs = await network.tunnelPairs(snapshot);
        return tunnelsOf(snapshot, hub, pairs, { machine, other, state });
      });
    },

    async tunnelHistory({ params: { network: name, a, b }, query }) {
      const { network, hub } = context.networks.get(name);
      for (const machine of [a, b]) requireNamed(network.snapshot, machine);
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
