import type { Monitor as Written } from '#spec';
import type { Monitor } from '#state';
import type { Model } from '../model.ts';
import { addressesOf } from '../names/table.ts';

/** What a machine looks at, by name; a service of a machine whose address is not known yet is left out. */
export function monitorsOf(model: Model, machine: string): Readonly<Record<string, Monitor>> {
  const own = model.network.monitors.filter(({ from }) => from === machine);
  return Object.fromEntries(
    own.flatMap((written) => {
      const monitor = monitorOf(model, written);
      return monitor ? [[written.name, monitor]] : [];
    }),
  );
}

function monitorOf(model: Model, written: Written): Monitor | undefined {
  const { type, host, port, url, expect, every, timeout } = written;
  const times = { every, timeout };
  if (type === 'http') {
    return { type, url: url ?? '', ...(expect !== undefined && { expect }), ...times };
  }
  const found = hostOf(model, host ?? '');
  return found === undefined ? undefined : { type, host: found, port: port ?? 0, ...times };
}

/** The address of a machine or host of the network; of all others what is written. */
function hostOf(model: Model, host: string): string | undefined {
  const isOurs = model.nodesByName.has(host) || model.hostsByName.has(host);
  return isOurs ? addressesOf(model, host)[0]?.toString() : host;
}

/** All of a network's monitors, for comparing. */
export const monitorsText = (model: Model): unknown =>
  model.network.monitors.map((monitor) => [
    monitor.name,
    monitor.from,
    { ...monitorOf(model, monitor) },
  ]);
