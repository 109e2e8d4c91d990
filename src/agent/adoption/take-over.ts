import { DiagnosticsError } from '#base';
import {
  adoptedMarkOf,
  type Device,
  type Devices,
  type Host,
  networkOf,
  type Observation,
} from '#host';
import type { Change } from '#state';
import type { Store } from '../store.ts';
import type { Adoption } from './adoption.ts';
import { type Before, beforeOf } from './before.ts';
import { refusals } from './differs.ts';

export interface Parts {
  readonly host: Host;
  readonly store: Store;
}

type DevicesByNamespace = ReadonlyMap<string, Devices>;

/** A tunnel that is to be taken over now. */
export interface Taking {
  readonly adoption: Adoption;
  readonly device: Device;
  readonly before: Before;
  /** All devices, as if it were taken over. */
  readonly devices: DevicesByNamespace;
}

/** A tunnel that a person means, that is there, is no network's, and has our key. */
export async function takingOf(
  { host, store }: Parts,
  adoption: Adoption | undefined,
  devices: DevicesByNamespace,
): Promise<Taking | undefined> {
  const root = devices.get('root');
  const device = adoption && root?.get(adoption.interface);
  if (!root || !device || networkOf(device.alias) !== undefined) return undefined;
  const { network } = adoption;
  const found = await host.existing(device);
  if (found?.tunnel.publicKey !== store.publicKey(network, 0)) return undefined;
  const marked = root.withAlias(device.name, adoptedMarkOf(network, device.name));
  // What it was before the first time counts: since then it may be as the network wants it.
  const before = adoption.before ?? beforeOf(found);
  return { adoption, device, before, devices: new Map(devices).set('root', marked) };
}

/**
 * Makes a tunnel one of its network's: writes down what it was, and sets its mark.
 * @throws DiagnosticsError with agent/adopt-... or host/...-taken, before anything is done
 */
export async function takeOver(
  { host, store }: Parts,
  { adoption, before, device }: Taking,
  observation: Observation,
  changes: readonly Change[],
): Promise<void> {
  const differs = refusals(changes, adoption);
  const found = differs.length > 0 ? differs : await observation.collisions(changes);
  if (found.length > 0) throw new DiagnosticsError(found);
  store.adoptions.put({ ...adoption, before });
  await host.adopt(adoption.network, device);
}
