import { apiErrors } from '#api';
import { endPreshared } from '../../rotation/rotator.ts';
import { keyChanges, rotationPlan, rotationStatus } from '../../rotation/status.ts';
import { makeNetworkSecret } from '../../secrets/network-secret.ts';
import type { Handlers } from '../call.ts';
import { type Context, decidedOnce, onceOfKind } from './context.ts';

type Names =
  | 'planRotation'
  | 'rotate'
  | 'rotation'
  | 'abortRotation'
  | 'finishRotation'
  | 'rotatePreshared'
  | 'finishPreshared';

/** Changing the keys of machines. */
export function rotationHandlers(context: Context): Pick<Handlers, Names> {
  const { networks, clock } = context;
  const signed = (author: string) => ({ author, at: clock().toISOString() });
  return {
    async planRotation({ params, query }) {
      const { network, hub } = networks.get(params.network);
      return rotationPlan(network, hub, { machine: params.machine, ...query });
    },

    async rotate(call) {
      const { params, body, actor } = call;
      const { network, hub } = networks.get(params.network);
      const input = { request: { machine: params.machine, ...body }, ...signed(actor.name) };
      await decidedOnce(context, call, 'rotate', { name: 'rotate', input });
      const status = await rotationStatus(network, hub);
      if (status) return status;
      throw apiErrors.error('api/unavailable', { why: 'it is over already, or was given up' });
    },

    async rotation({ params }) {
      const { network, hub } = networks.get(params.network);
      return keyChanges(network, hub);
    },

    async abortRotation(call) {
      const input = signed(call.actor.name);
      await decidedOnce(context, call, 'abortRotation', { name: 'abortRotation', input });
      return undefined;
    },

    async finishRotation(call) {
      const { network } = networks.get(call.params.network);
      const input = { ...signed(call.actor.name), ...call.body };
      await decidedOnce(context, call, 'finishRotation', { name: 'finishRotation', input });
      return { without: [...(network.snapshot.turn?.rotation.without ?? [])] };
    },

    async rotatePreshared(call) {
      const { network, hub } = networks.get(call.params.network);
      const input = signed(call.actor.name);
      await onceOfKind(context, call, 'rotatePreshared', async (_, decide) => {
        const edit = await decide({ name: 'beginPreshared', input });
        return edit && { ...edit, also: async (tx) => makeNetworkSecret(tx, network.name) };
      });
      return keyChanges(network, hub);
    },

    async finishPreshared(call) {
      const { actor, params } = call;
      await onceOfKind(context, call, 'finishPreshared', async (_, decide) =>
        endPreshared(params.network, decide, actor.name),
      );
      return undefined;
    },
  };
}
