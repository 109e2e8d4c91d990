import type { MonitorStatus, TunnelState, TunnelStatus, TunnelsStatus } from '#api';
import { paint } from '../output.ts';
import type { Client } from './client.ts';
import { monitorPaints } from './monitors.ts';
import { tunnelPaints } from './tunnels.ts';

/** How the tunnels and services of a network are, and the worst of them. */
export interface Health {
  readonly tunnels: Pick<TunnelsStatus, 'counts' | 'tunnels'>;
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
  return { tunnels: { counts, tunnels: worst.slice(0, most) }, monitors };
}

/** Counts, and what is wrong in sentences; nothing where there is neither tunnel nor service. */
export function healthLines({ tunnels: { counts, tunnels }, monitors }: Health): readonly string[] {
  const services = Map.groupBy(monitors, ({ state }) => state);
  const bad = (['down', 'busy', 'degraded'] as const).flatMap((state) => services.get(state) ?? []);
  return [
    ...part('tunnels', tunnelPaints, (state) => counts[state] ?? 0),
    ...tunnels.map(({ state, why, ends: [a, b] }) =>
      sentence(`${a.machine} – ${b.machine}`, state, why),
    ),
    ...part('services', monitorPaints, (state) => services.get(state)?.length ?? 0),
    ...bad.slice(0, most).map(({ name, state, why = '' }) => sentence(name, state, why)),
  ];
}

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
