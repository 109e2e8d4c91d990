import {
  apiErrors,
  mostVerified,
  triesInSpaces,
  triesUnnamed,
  type VerifySegmentResult,
} from '#api';
import { HawserError } from '#base';
import type { SegmentPart } from '#compile';
import { parsePort } from '#spec';
import { serverErrors } from '../../errors.ts';
import { verify } from '../../health/verify.ts';
import { verifySegment } from '../../health/verify-segment.ts';
import { type Found, verifyUnnamed } from '../../health/verify-unnamed.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Trying } from '../../hub/trials.ts';
import type { Network } from '../../network/network.ts';
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
      const { segment } = choice;
      const found = part ? await tryPart(part, { segment, network, hub }) : nothingTried;
      return { ...counts, ...found, untried: [...untried, ...found.untried] };
    },
  };
}

type Part = Pick<VerifySegmentResult, 'from' | 'verified' | 'untried'>;

const nothingTried: Part = { verified: [], untried: [] };

interface Within {
  readonly segment: string;
  readonly network: Network;
  readonly hub: Hub;
}

/** What cannot be asked is not tried, and said to be so: the other parts are. */
async function tryPart(part: SegmentPart, within: Within): Promise<Part> {
  const { from } = part;
  try {
    const [named, unnamed] = [await tryNamed(part, within), await tryUnnamed(part, within)];
    return {
      from,
      verified: [...named.verified, ...unnamed.verified],
      untried: [...named.untried, ...unnamed.untried],
    };
  } catch (error) {
    if (!(error instanceof HawserError)) throw error;
    return { from, verified: [], untried: [{ what: `by ${from}`, why: error.message }] };
  }
}

/** DHCP, and names on the list of a router, older agents do not try. */
async function tryNamed(part: SegmentPart, { network, hub }: Within): Promise<Found> {
  const { machine, from, leaving, dhcp } = part;
  const trials = trialsAt(network.snapshot, hub, machine, triesInSpaces);
  const isOld = trials.version < triesUnnamed;
  const named = leaving.filter((one) => 'host' in one);
  const others = leaving.filter((one) => !('host' in one));
  const tried = isOld ? { ...part, leaving: others, dhcp: [] } : part;
  const verified = await verifySegment(tried, (questions, within) => trials.ask(questions, within));
  const left = isOld ? [...dhcp.map(({ to }) => to), ...named.map(({ to }) => to)] : [];
  const why = `the agent of ${machine} is too old to try that`;
  return { verified, untried: left.map((to) => ({ what: `${to} by ${from}`, why })) };
}

function tryUnnamed(part: SegmentPart, { segment, network, hub }: Within): Promise<Found> {
  const { from } = part;
  return verifyUnnamed(part, {
    askOf: (machine) => {
      const trials = trialsAt(network.snapshot, hub, machine, triesUnnamed);
      return (questions, within) => trials.ask(questions, within);
    },
    flowsTo: (addresses) => network.unnamedFlows({ segment, from, addresses }),
  });
}

/** @throws api/not-found, server/not-connected, server/connected-elsewhere, server/tries-nothing */
export function trialsAt({ machines }: Snapshot, hub: Hub, machine: string, version = 1): Trying {
  const identity = machines.get(machine)?.identity;
  if (identity === undefined) {
    throw apiErrors.error('api/not-found', { what: `machine ${machine} that joined` });
  }
  const heard = hub.heardFrom(identity);
  if (!heard) throw serverErrors.error('server/not-connected', { machine });
  if (heard.trials) {
    if (heard.trials.version >= version) return heard.trials;
    throw serverErrors.error('server/tries-nothing', { machine });
  }
  const { place, card } = hub.present(identity) ?? {};
  if (place !== undefined && card?.tries === undefined) {
    throw serverErrors.error('server/connected-elsewhere', { machine, place });
  }
  throw serverErrors.error('server/tries-nothing', { machine });
}
