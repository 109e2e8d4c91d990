import type { BehindSamples, ProbeSample } from '#api';
import { holeOf } from './probe-state.ts';
import type { EndEvidence, Judgement } from './tunnel-state.ts';

type Towards = readonly [end: EndEvidence, gateway: EndEvidence];

/** A host that has answered through the tunnel at least once: of others nothing is concluded. */
interface Known {
  readonly host: string;
  readonly through: ProbeSample;
  /** As the gateway hears it on its own network. */
  readonly near: ProbeSample | undefined;
}

const knownBehind = ({ behind = {} }: Pick<EndEvidence, 'behind'>): readonly Known[] =>
  Object.entries(behind).flatMap(([host, { through, near }]) =>
    through?.answered === undefined ? [] : [{ host, through, near }],
  );

/** Whether nothing comes back any more through a gateway, of several hosts or of one that the gateway hears itself. */
export function isSilentBehind(gateway: Pick<EndEvidence, 'behind'>): boolean {
  const known = knownBehind(gateway);
  const isSilent = known.length > 0 && known.every(({ through }) => through.mute);
  return isSilent && (known.length > 1 || known[0]?.near?.mute === undefined);
}

const degraded = (why: string): Judgement => ({ state: 'degraded', why });

/** What plain hosts behind either end say is wrong with it, where the end itself answers; undefined: nothing. */
export function forwardingOf(ends: readonly Towards[]): Judgement | undefined {
  for (const [end, gateway] of ends) {
    const known = knownBehind(gateway);
    const heard = known.filter(({ through }) => !through.mute);
    const found =
      heard.length > 0
        ? holeTo(heard, end.machine, gateway.machine)
        : silenceBehind(known, end.machine, gateway.machine);
    if (found) return found;
  }
  return undefined;
}

function holeTo(heard: readonly Known[], from: string, gateway: string): Judgement | undefined {
  const hole = heard[0]?.through.hole;
  if (hole === undefined || heard.some(({ through }) => through.hole === undefined)) {
    return undefined;
  }
  return degraded(holeOf(hole, from, `${list(heard, 'and')} behind ${gateway}`));
}

/** Where the gateway hears none of them either, and there is but one, that one is off. */
function silenceBehind(
  known: readonly Known[],
  from: string,
  gateway: string,
): Judgement | undefined {
  if (known.length === 0) return undefined;
  const since = `for ${Math.min(...known.map(({ through }) => through.answered ?? 0))} s`;
  const near = known.filter((one) => one.near?.mute === undefined && one.near);
  if (near.length > 0) {
    return degraded(
      `${gateway} answers ${from}, but does not forward: ${list(near, 'and')} ${answer(near)} ${gateway}, and not ${from} ${since}`,
    );
  }
  if (known.some((one) => one.near === undefined)) {
    return degraded(`${gateway} is heard, but not ${list(known, 'nor')} behind it, ${since}`);
  }
  if (known.length === 1) return undefined;
  return degraded(
    `nothing behind ${gateway} answers any more, not even ${gateway} itself: neither ${list(known, 'nor')} ${since}`,
  );
}

/** Which hosts behind either end are silent while the tunnel is up; empty: none. */
export function silentBehind(ends: readonly Towards[]): string {
  const told = ends.flatMap(([, { machine, behind = {} }]) =>
    Object.entries(behind)
      .filter(([, { through }]) => through?.mute)
      .map(([host, { through }]) =>
        through?.answered === undefined
          ? `${host} behind ${machine} has never answered`
          : `${host} behind ${machine} has not answered for ${through.answered} s`,
      ),
  );
  return told.map((text) => `; ${text}`).join('');
}

const answer = (hosts: readonly unknown[]): string => (hosts.length > 1 ? 'answer' : 'answers');

function list(known: readonly Known[], word: 'and' | 'nor'): string {
  const names = known.map(({ host }) => host);
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} ${word} ${last}` : last;
}

/** What is known of the hosts behind a gateway, by how they are heard through a tunnel and by the gateway itself. */
export const behindSamples = (
  hosts: readonly string[],
  through: Readonly<Record<string, ProbeSample>>,
  near: Readonly<Record<string, ProbeSample>>,
): BehindSamples =>
  Object.fromEntries(
    hosts.map((host) => [
      host,
      { ...(through[host] && { through: through[host] }), ...(near[host] && { near: near[host] }) },
    ]),
  );
