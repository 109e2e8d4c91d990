import type { Diagnostic } from '#base';
import { type Devices, findingOf, hostErrors } from '#host';
import type { DeviceWanted, Resolver, Tunnel } from '#state';

/** A device that is not there, spelled so that no device can have the name. */
const absent = (wanted: DeviceWanted): string =>
  'holding' in wanted ? `(holds ${wanted.holding})` : `(towards ${wanted.towards})`;

export const isAbsent = (device: string): boolean => device.startsWith('(');

const find = (devices: Devices | undefined, wanted: DeviceWanted): string | undefined =>
  ('holding' in wanted ? devices?.holding(wanted.holding) : devices?.towards(wanted.towards))?.name;

/** Resolves names by what the machine has, and remembers what it has not. */
export class MachineResolver implements Resolver {
  readonly findings: Diagnostic[] = [];
  readonly splitsDns: boolean;
  readonly #devices: Devices | undefined;
  readonly #answers: (readonly [DeviceWanted, string | undefined])[] = [];
  readonly #publicKey: (tunnel: Tunnel) => string;
  readonly live: NonNullable<Resolver['live']>;

  /** `live`: the tunnel by which a binding lives that leaves a choice. */
  constructor(
    devices: Devices | undefined,
    splitsDns: boolean,
    publicKey: (tunnel: Tunnel) => string,
    live: Resolver['live'] = () => undefined,
  ) {
    this.#devices = devices;
    this.splitsDns = splitsDns;
    this.#publicKey = publicKey;
    this.live = live;
  }

  device(wanted: DeviceWanted): string {
    const found = find(this.#devices, wanted);
    this.#answers.push([wanted, found]);
    if (found !== undefined) return found;
    const what =
      'holding' in wanted
        ? `has the address ${wanted.holding}`
        : `has a network with ${wanted.towards}`;
    const finding = findingOf(hostErrors.error('host/no-such-device', { what }));
    // Many items may want one device.
    if (!this.findings.some(({ message }) => message === finding.message)) {
      this.findings.push(finding);
    }
    return absent(wanted);
  }

  /** Whether all names still mean what they did. */
  stillHolds(devices: Devices | undefined, splitsDns: boolean): boolean {
    if (splitsDns !== this.splitsDns) return false;
    return this.#answers.every(([wanted, name]) => find(devices, wanted) === name);
  }

  publicKey(tunnel: Tunnel): string {
    return this.#publicKey(tunnel);
  }
}
