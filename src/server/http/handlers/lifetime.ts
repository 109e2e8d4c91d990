import { apiErrors } from '#api';
import { operatorAt } from '../../hub/where.ts';
import type { Handlers } from '../call.ts';
import { heldError } from './changes.ts';
import { type Context, once, personsFor } from './context.ts';

type Names = 'planLifetime' | 'setLifetime';

/** Says until when members are ones. */
export function lifetimeHandlers(context: Context): Pick<Handlers, Names> {
  const { compiler, networks, clock } = context;

  /** As the file keeps it. @throws api/invalid-request */
  function endOf(expires: string | undefined): string | undefined {
    if (expires === undefined) return undefined;
    const end = new Date(expires);
    // Who is to be cut off at once is suspended: that is undone without another time.
    if (end > clock()) return end.toISOString();
    throw apiErrors.error('api/invalid-request', { why: `${expires} is over` });
  }
  return {
    async planLifetime({ params, body, address }) {
      const { network, hub } = networks.get(params.network);
      const { basis } = network.snapshot;
      const lifetime = { machine: params.machine, expires: endOf(body.expires) };
      const operator = operatorAt(network, hub, { address });
      return compiler.call('lifetimePlan', { basis, lifetime, operator });
    },

    async setLifetime(call) {
      const { params, body, actor } = call;
      const { machine, network } = params;
      const { plan, why } = body;
      const expires = endOf(body.expires);
      const persons = await personsFor(context, network);
      const told = why || `${machine} ${expires === undefined ? 'never ends' : `ends ${expires}`}`;
      return once(context, call, 'setLifetime', async ({ held }, decide) => {
        if (held) throw heldError(held);
        const said = { plan, why: told, author: actor.name, persons };
        return decide({ name: 'limit', input: { machine, expires, ...said } });
      });
    },
  };
}
