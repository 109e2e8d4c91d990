import type { MonitorStatus, PublicStatus, TunnelState } from '#api';
import { monitorsOf } from '../health/monitors.ts';
import { judged } from '../health/tunnels.ts';
import type { Hub } from '../hub/hub.ts';

/** Of a service no more than how it is: reasons name addresses, jobs their users. */
export const toldOf = ({ name, type, state, since, platform }: MonitorStatus) => ({
  ...{ name, type, state },
  ...(since !== undefined && { since }),
  ...(platform && {
    jobManagers: platform.jobManagers.map(({ running, max, ...one }) => ({
      ...{ name: one.name, state: one.state },
      ...(running !== undefined && { running }),
      ...(max !== undefined && { max }),
    })),
    schedulers: platform.schedulers.map((one) => ({
      ...{ name: one.name, state: one.state, counts: one.counts },
    })),
  }),
});

/** How a network is, told to those in it who have no login. Devices of people have no names here. */
export async function publicStatus(hub: Hub): Promise<PublicStatus> {
  const { network, now } = hub;
  const { snapshot } = network;
  const sites = new Map<string, { connected: number; total: number }>();
  const all = { connected: 0, total: 0 };
  for (const { name, identity, enrolment } of snapshot.machines.values()) {
    if (enrolment !== 'enrolled') continue;
    const isThere = hub.present(identity) !== undefined;
    const site = snapshot.names.get(name)?.site;
    const own = site === undefined ? undefined : (sites.get(site) ?? { connected: 0, total: 0 });
    if (site !== undefined && own) sites.set(site, own);
    for (const count of own ? [all, own] : [all]) {
      count.total++;
      if (isThere) count.connected++;
    }
  }
  const tunnels: Partial<Record<TunnelState, number>> = {};
  for await (const { state } of judged(snapshot, hub, await network.tunnelPairs(snapshot))) {
    tunnels[state] = (tunnels[state] ?? 0) + 1;
  }
  return {
    network: network.name,
    at: now.toISOString(),
    machines: all,
    sites: [...sites].map(([name, share]) => ({ name, ...share })),
    tunnels,
    monitors: monitorsOf(snapshot, hub, { now }).monitors.map(toldOf),
  };
}

/** So long an answer is good, in milliseconds: whoever asks without login asks as often as he likes. */
const goodFor = 1000;

/** The same, computed at most once a second for a network. */
export class PublicStatuses {
  readonly #known = new Map<Hub, { readonly at: number; readonly status: Promise<PublicStatus> }>();

  async of(hub: Hub): Promise<PublicStatus> {
    const now = performance.now();
    const known = this.#known.get(hub);
    if (known && now - known.at < goodFor) return known.status;
    const status = publicStatus(hub);
    this.#known.set(hub, { at: now, status });
    return status;
  }
}
