import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type BehindSamples,
  type Finding,
  type TunnelEnd,
  type TunnelState,
  type TunnelStatus,
  type TunnelsStatus,
} from '#api';
import type { TunnelPair } from '#compile';
import type { Hub } from '../hub/hub.ts';
import { JsonText } from '../json-text.ts';
import type { Snapshot } from '../network/snapshot.ts';
import { driftCode } from './failures.ts';
import { behindSamples } from './forwarding-state.ts';
import { Listing } from './listing.ts';
import { oriented } from './orientation.ts';
import { Parties } from './party.ts';
import type { Rates } from './samples.ts';
import { type EndEvidence, judge } from './tunnel-state.ts';

/** So many tunnels are judged in one turn of the event loop. */
const turn = 500;

export interface TunnelsWanted {
  readonly machine?: string | undefined;
  /** The other end. */
  readonly other?: string | undefined;
  readonly state?: TunnelState | undefined;
}

/** How each tunnel of a network is, by all that its agents tell this server; some at a time. */
export async function* judged(
  snapshot: Snapshot,
  hub: Hub,
  pairs: readonly TunnelPair[],
): AsyncGenerator<TunnelStatus> {
  for (let from = 0; from < pairs.length; from += turn) {
    const parties = new Parties(snapshot, hub);
    for (const pair of pairs.slice(from, from + turn))
      yield statusOf(pair, { snapshot, hub, parties });
    await nextTurn();
  }
}

/** The same as people and programs ask for it. */
export async function tunnelsOf(
  snapshot: Snapshot,
  hub: Hub,
  pairs: readonly TunnelPair[],
  wanted: TunnelsWanted,
): Promise<JsonText<TunnelsStatus>> {
  const counts: Partial<Record<TunnelState, number>> = {};
  const listing = new Listing((machine) => snapshot.names.get(machine)?.site);
  for await (const status of judged(snapshot, hub, pairs)) {
    counts[status.state] = (counts[status.state] ?? 0) + 1;
    if (isWanted(status, wanted)) listing.add(status);
  }
  const { network, revision } = snapshot.stored;
  const { leftOut, texts } = listing;
  return JsonText.listing(
    { network, revision, counts, ...(leftOut && { leftOut }) },
    'tunnels',
    texts,
  );
}

const isWanted = ({ state, ends }: TunnelStatus, { machine, other, ...wanted }: TunnelsWanted) =>
  (wanted.state === undefined || wanted.state === state) &&
  [machine, other].every((name) => name === undefined || ends.some((end) => end.machine === name));

interface Around {
  readonly snapshot: Snapshot;
  readonly hub: Hub;
  readonly parties: Parties;
}

function statusOf(pair: TunnelPair, { snapshot, hub, parties }: Around): TunnelStatus {
  const { machines, keepalive, behind } = pair;
  const [a, b] = machines;
  const both = [
    evidenceOf(parties, a, { peer: b, keepalive: keepalive[0], behind: behind[0] }),
    evidenceOf(parties, b, { peer: a, keepalive: keepalive[1], behind: behind[1] }),
  ] as const;
  const ends = oriented(both, snapshot.names);
  const rate = rateOf(ends);
  return {
    ...{ ...judge(ends, wasUpOf(hub, ends)), ends: [endOf(ends[0]), endOf(ends[1])] },
    ...(rate > 0 && { rate }),
  };
}

/** Where an end tells of no handshake, when there was one last. */
const wasUpOf = ({ handshakes }: Hub, ends: readonly [EndEvidence, EndEvidence]) =>
  ends.some(({ sample }) => sample && sample.handshake === undefined)
    ? handshakes.lastOf(ends[0].machine, ends[1].machine)
    : undefined;

/** By whichever end counted more: who misses bytes counted fewer. */
function rateOf([a, b]: readonly [Told, Told]): number {
  const there = Math.max(a.rates?.tx ?? 0, b.rates?.rx ?? 0);
  const back = Math.max(b.rates?.tx ?? 0, a.rates?.rx ?? 0);
  return Math.round(there + back);
}

/** What one end tells of a tunnel. */
interface Told extends EndEvidence {
  readonly rates: Rates | undefined;
}

const endOf = ({ machine, sample, behind }: EndEvidence): TunnelEnd => ({
  machine,
  tells: sample !== undefined,
  ...(sample && { sample }),
  ...(behind && isAsked(behind) && { behind }),
});

/** Nobody is there to be asked, or somebody is. */
const isAsked = (behind: BehindSamples): boolean => {
  const all = Object.values(behind);
  return all.length === 0 || all.some(({ through }) => through !== undefined);
};

interface Towards {
  readonly peer: string;
  readonly keepalive: number;
  /** Plain hosts behind the machine. */
  readonly behind: readonly string[] | undefined;
}

function evidenceOf(parties: Parties, machine: string, { peer, keepalive, behind }: Towards): Told {
  const { heard, warnings, ...party } = parties.of(machine);
  const now = performance.now();
  const sample = heard?.samples.freshOf(peer, now);
  const through = parties.of(peer).heard?.samples;
  const differs = differenceOf(warnings, peer);
  return {
    ...party,
    machine,
    ...(sample && { sample }),
    ...(behind && {
      behind: behindSamples(
        behind,
        through?.hostsOf(behind, now) ?? {},
        heard?.samples.hostsOf(behind, now) ?? {},
      ),
    }),
    ...(differs !== undefined && { differs }),
    keepalive,
    rates: heard?.samples.ratesOf(peer, now),
  };
}

/** Of what a machine says that it does not put back, the first that is about the tunnel to a peer. */
function differenceOf(warnings: readonly Finding[], peer: string): string | undefined {
  for (const { code, message } of warnings) {
    if (code !== driftCode) continue;
    const change = message.slice(message.indexOf(': ') + 2);
    const words = change.split(/[ ,;:]+/);
    const isOfPeer = words.some((word, n) => word === 'peer' && words[n + 1] === peer);
    if (isOfPeer || /\b(tunnel|link) /.test(change)) return change;
  }
  return undefined;
}
