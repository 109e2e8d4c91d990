import type { MonitorStatus, MonitorsStatus } from '#api';
import type { Hub } from '../hub/hub.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { MonitorView } from '../network/views.ts';

interface Asked {
  readonly now: Date;
  /** Without what is known of platforms. */
  readonly brief?: boolean | undefined;
}

/** How the services of a network are, by what the agents that look at them tell. */
export function monitorsOf(
  snapshot: Snapshot,
  hub: Hub,
  { now, brief = false }: Asked,
): MonitorsStatus {
  const { stored, monitors } = snapshot;
  const told = ({ platform, ...gist }: MonitorStatus): MonitorStatus => ({
    ...gist,
    ...(platform && !brief && { platform }),
  });
  return {
    network: stored.network,
    revision: stored.revision,
    monitors: monitors.map((monitor) => told(statusOf(snapshot, hub, monitor, now))),
  };
}

function statusOf(
  { machines }: Snapshot,
  hub: Hub,
  monitor: MonitorView,
  now: Date,
): MonitorStatus {
  const { name, type, target, from } = monitor;
  const identity = machines.get(from)?.identity;
  const steady = performance.now();
  const look = hub.heardFrom(identity)?.looks.of(name, steady);
  if (!look) {
    const isThere = identity !== undefined && hub.present(identity) !== undefined;
    const why = isThere
      ? `${from} has not looked at it yet`
      : `${from}, which looks at it, is not connected`;
    return { name, type, target, from, state: 'unknown', why };
  }
  const age = steady - look.heard;
  const { lasts, ago = 0, ...result } = look.result;
  const before = (ms: number): string => new Date(now.getTime() - ms).toISOString();
  const times = { at: before(age + ago * 1000), since: before(age + lasts * 1000) };
  return { name, type, target, from, ...result, ...times };
}
