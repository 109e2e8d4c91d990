import type { MonitorStatus, TunnelState, TunnelStatus, TunnelsStatus } from '#api';
import { paint } from '../output.ts';
import type { Client } from './client.ts';
import { monitorPaints } from './monitors.ts';
import { tunnelPaints } from './tunnels.ts';

/** How the tunnels and services of a network are, and the worst of them. */
export interface Health {
  readonly tunnels: Pick<TunnelsStatus, 'counts' | 'leftOut' | 'tunnels'>;
  readonly monitors: readonly MonitorStatus[];
}

/** So many of each are told one by one; `hawser tunnels` and `hawser monitors` have all. */
const most = 5;

/** States of tunnels in which somebody should look, the worst first. */
const wrong = ['misconfigured', 'down', 'stale', 'degraded'] satisfies readonly TunnelState[];

/** Of many tunnels only some of those are fetched that are wrong. */
export async function healthOf(client: Client, network: string): Promise<Health> {
  const params = { network };
  const tunnelsOf = (state: TunnelState) => client.call('tunnels', { params, query: { state } });
  const [{ monitors }, { counts, tunnels }] = await Promise.all([
    client.call('monitors', { params, query: { brief: true } }),
    tunnelsOf('misconfigured'),
  ]);
  const worst: TunnelStatus[] = [...tunnels];
  for (const state of wrong.slice(1)) {
    if (worst.length < most && counts[state] !== undefined) {
      worst.push(...(await tunnelsOf(state)).tunnels);
    }
  }
  const some = worst.slice(0, most);
  const leftOut = further(counts, some);
  return { tunnels: { counts, ...(leftOut && { leftOut }), tunnels: some }, monitors };
}

/** How many are wrong of each state besides some of them; undefined: none. */
function further(counts: TunnelsStatus['counts'], some: readonly TunnelStatus[]) {
  const left = wrong.flatMap((state) => {
    const count = (counts[state] ?? 0) - some.filter((one) => one.state === state).length;
    return count > 0 ? [[state, count] as const] : [];
  });
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

/** Counts, and what is wrong in sentences; nothing where there is neither tunnel nor service. */
export function healthLines({ tunnels: all, monitors }: Health): readonly string[] {
  const { counts, leftOut = {}, tunnels } = all;
  const services = Map.groupBy(monitors, ({ state }) => state);
  const bad = (['down', 'busy', 'degraded'] as const).flatMap((state) => services.get(state) ?? []);
  return [
    ...part('tunnels', tunnelPaints, (state) => counts[state] ?? 0),
    ...tunnels.map(({ state, why, ends: [a, b] }) =>
      sentence(`${a.machine} – ${b.machine}`, state, why),
    ),
    ...more(
      Object.values(leftOut).reduce((sum, count) => sum + count, 0),
      'tunnels',
    ),
    ...part('services', monitorPaints, (state) => services.get(state)?.length ?? 0),
    ...bad.slice(0, most).map(({ name, state, why = '' }) => sentence(name, state, why)),
    ...more(bad.length - most, 'monitors'),
  ];
}

/** Of what is wrong and not told here. */
const more = (count: number, command: string): readonly string[] =>
  count > 0 ? [`  and ${count} more: \`hawser ${command}\``] : [];

function part<S extends string>(
  what: string,
  paints: Readonly<Record<S, Parameters<typeof paint>[0]>>,
  countOf: (state: S) => number,
): readonly string[] {
  const there = (Object.keys(paints) as S[]).filter((state) => countOf(state) > 0);
  const counts = there.map((state) => paint(paints[state], `${countOf(state)} ${state}`));
  return there.length === 0 ? [] : ['', `${what.padEnd(10)}${counts.join(', ')}`];
}

const sentence = (about: string, state: string, why: string): string =>
  `  ${about} is ${state}${why === '' ? '' : `: ${why}`}`;
