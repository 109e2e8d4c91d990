import { apiErrors, mostVerified } from '#api';
import { parsePort } from '#spec';
import { serverErrors } from '../../errors.ts';
import { verify } from '../../health/verify.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Trying } from '../../hub/trials.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

/** What agents try where they are. */
export function verifyHandlers({ networks }: Context): Pick<Handlers, 'verify'> {
  return {
    async verify({ params, body: { ports, ...choice } }) {
      const { network, hub } = networks.get(params.network);
      const trials = trialsAt(network.snapshot, hub, choice.from);
      const expected = await network.expectations({
        ...choice,
        most: mostVerified,
        ports: ports?.map(parsePort),
      });
      const { all, done } = expected;
      const verified = await verify(expected, (questions, within) => trials.ask(questions, within));
      return { all, done, verified };
    },
  };
}

/** @throws api/not-found, server/not-connected, server/connected-elsewhere, server/tries-nothing */
export function trialsAt({ machines }: Snapshot, hub: Hub, machine: string): Trying {
  const identity = machines.get(machine)?.identity;
  if (identity === undefined) {
    throw apiErrors.error('api/not-found', { what: `machine ${machine} that joined` });
  }
  const heard = hub.heardFrom(identity);
  if (!heard) throw serverErrors.error('server/not-connected', { machine });
  if (heard.trials) return heard.trials;
  const { place, card } = hub.present(identity) ?? {};
  if (place !== undefined && card?.tries === undefined) {
    throw serverErrors.error('server/connected-elsewhere', { machine, place });
  }
  throw serverErrors.error('server/tries-nothing', { machine });
}
