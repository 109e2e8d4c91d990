import { operatorAt } from '../../hub/where.ts';
import type { Handlers } from '../call.ts';
import { type Context, once } from './context.ts';

type Names = 'planRemoval' | 'removeMachine';

/** Takes machines out of their network. */
export const removalHandlers = (context: Context): Pick<Handlers, Names> => ({
  async planRemoval({ params, query: { on }, address }) {
    const { network, hub } = context.networks.get(params.network);
    return network.removalPlan(params.machine, operatorAt(network, hub, { address, said: on }));
  },

  async removeMachine(call) {
    const { params, query, actor } = call;
    const input = { machine: params.machine, author: actor.name, ...query };
    return once(context, call, 'removeMachine', async (_, decide) =>
      decide({ name: 'remove', input }),
    );
  },
});
