import type { Change } from '#state';
import type { Failure } from './contract.ts';
import { hostErrors } from './errors.ts';
import { findingOf } from './failure.ts';

/** Sysctls that are there as long as a device is. */
const ofDevice = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//;

/** The device of the same namespace that a change needs, if it is another one's work to make it; empty: none. */
export function neededDevice(change: Change): string {
  if (change.kind === 'remove' || change.kind === 'move') return '';
  switch (change.facility) {
    case 'links':
      return change.after.name;
    case 'peers':
      return change.after.interface;
    case 'sysctls':
      return ofDevice.exec(change.after.path)?.[1] ?? '';
    case 'vxlans':
    case 'ports':
    case 'vlans':
      return change.after.bridge;
    case 'veths':
      return change.after.on;
    case 'addresses':
    case 'routes':
    case 'forwarding':
    case 'split-dns':
    case 'fdb':
    case 'floods':
    case 'neighbours':
    case 'proxies':
    case 'dhcp-servers':
      return change.after.device;
    default:
      return '';
  }
}

/** Facilities whose items are devices, for others to lie on. */
const making: ReadonlySet<Change['facility']> = new Set([
  ...(['tunnels', 'bridges', 'vxlans', 'ports', 'vlans', 'veths'] as const),
]);

/** Whether a change would have made a device that was not there. */
const makes = (change: Change, namespace: string): boolean =>
  making.has(change.facility) && (change.kind === 'add' || change.namespace !== namespace);

/** Devices of a namespace that are not there, since what should have made them failed, or they lie on such. */
export class Missing {
  readonly #namespace: string;
  readonly #changes: readonly Change[];
  readonly #names: Set<string>;

  constructor(namespace: string, changes: readonly Change[], names: readonly string[]) {
    this.#namespace = namespace;
    this.#changes = changes;
    this.#names = new Set(names);
    this.#spread();
  }

  add(failed: readonly Failure[]): void {
    for (const { change } of failed) if (makes(change, this.#namespace)) this.#names.add(change.id);
    this.#spread();
  }

  /** Whether a change cannot be made for want of its device. */
  stops(change: Change): boolean {
    return this.#names.has(neededDevice(change));
  }

  #spread(): void {
    const lost = this.#changes.filter(
      (change) =>
        this.stops(change) && makes(change, this.#namespace) && !this.#names.has(change.id),
    );
    for (const { id } of lost) this.#names.add(id);
    if (lost.length > 0) this.#spread();
  }
}

/** What is not tried, for want of a device or of the namespace itself. */
export const needs = (change: Change, device: string): Failure => ({
  change,
  error: findingOf(hostErrors.error('host/needs-device', { device })),
});
