import { apiErrors } from '#api';
import { endPreshared } from '../../rotation/rotator.ts';
import { keyChanges, rotationPlan, rotationStatus } from '../../rotation/status.ts';
import { makeNetworkSecret } from '../../secrets/network-secret.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

type Names =
  | 'planRotation'
  | 'rotate'
  | 'rotation'
  | 'abortRotation'
  | 'finishRotation'
  | 'rotatePreshared'
  | 'finishPreshared';

/** Changing the keys of machines. */
export function rotationHandlers({ networks, clock }: Context): Pick<Handlers, Names> {
  const signed = (author: string) => ({ author, at: clock().toISOString() });
  return {
    async planRotation({ params, query }) {
      const { network, hub } = networks.get(params.network);
      return rotationPlan(network, hub, { machine: params.machine, ...query });
    },

    async rotate({ params, body, actor }) {
      const { network, hub } = networks.get(params.network);
      const input = { request: { machine: params.machine, ...body }, ...signed(actor.name) };
      await network.commit(async (_, decide) => decide({ name: 'rotate', input }));
      const status = await rotationStatus(network, hub);
      if (status) return status;
      throw apiErrors.error('api/unavailable', { why: 'it was given up at once' });
    },

    async rotation({ params }) {
      const { network, hub } = networks.get(params.network);
      return keyChanges(network, hub);
    },

    async abortRotation({ params, actor }) {
      const { network } = networks.get(params.network);
      const input = signed(actor.name);
      await network.commit(async (_, decide) => decide({ name: 'abortRotation', input }));
      return undefined;
    },

    async finishRotation({ params, body, actor }) {
      const { network } = networks.get(params.network);
      const input = { ...signed(actor.name), ...body };
      const { snapshot } = await network.commit(async (_, decide) =>
        decide({ name: 'finishRotation', input }),
      );
      return { without: [...(snapshot.turn?.rotation.without ?? [])] };
    },

    async rotatePreshared({ params, actor }) {
      const { network, hub } = networks.get(params.network);
      const input = signed(actor.name);
      await network.commit(async (_, decide) => {
        const edit = await decide({ name: 'beginPreshared', input });
        return edit && { ...edit, also: async (tx) => makeNetworkSecret(tx, network.name) };
      });
      return keyChanges(network, hub);
    },

    async finishPreshared({ params, actor }) {
      const { network } = networks.get(params.network);
      await network.commit(async (_, decide) => endPreshared(network.name, decide, actor.name));
      return undefined;
    },
  };
}
