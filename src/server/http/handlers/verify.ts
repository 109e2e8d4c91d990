import { apiErrors, mostVerified, triesInSpaces, type VerifySegmentResult } from '#api';
import { HawserError } from '#base';
import type { SegmentPart } from '#compile';
import { parsePort } from '#spec';
import { serverErrors } from '../../errors.ts';
import { verify } from '../../health/verify.ts';
import { verifySegment } from '../../health/verify-segment.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Trying } from '../../hub/trials.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

/** What agents try where they are. */
export function verifyHandlers({ networks }: Context): Pick<Handlers, 'verify' | 'verifySegment'> {
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

    async verifySegment({ params, body: { ports, ...choice } }) {
      const { network, hub } = networks.get(params.network);
      const { part, untried, ...counts } = await network.segmentExpectations({
        ...choice,
        ports: ports?.map(parsePort),
      });
      const found = part ? await tryPart(part, network.snapshot, hub) : nothingTried;
      return { ...counts, ...found, untried: [...untried, ...found.untried] };
    },
  };
}

type Part = Pick<VerifySegmentResult, 'from' | 'verified' | 'untried'>;

const nothingTried: Part = { verified: [], untried: [] };

/** What cannot be asked is not tried, and said to be so: the other parts are. */
async function tryPart(part: SegmentPart, snapshot: Snapshot, hub: Hub): Promise<Part> {
  const { machine, from } = part;
  try {
    const trials = trialsAt(snapshot, hub, machine);
    if (trials.version < triesInSpaces) {
      throw serverErrors.error('server/tries-nothing', { machine });
    }
    const verified = await verifySegment(part, (questions, within) =>
      trials.ask(questions, within),
    );
    return { from, verified, untried: [] };
  } catch (error) {
    if (!(error instanceof HawserError)) throw error;
    return { from, verified: [], untried: [{ what: `by ${from}`, why: error.message }] };
  }
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
