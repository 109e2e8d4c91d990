import { networkInterfaces } from 'node:os';
import { type Run, type UnderlayWay, underlayWay } from '#host';

/** Whether a device has a carrier; one without any address is never known to have one. */
export type IsUp = (device: string) => boolean;

interface Seen {
  readonly remote: string;
  readonly way: UnderlayWay | undefined;
  readonly isUp: boolean;
}

/** Names of devices that have addresses and are up and running (getifaddrs(3)). */
const isRunning: IsUp = (device) => networkInterfaces()[device] !== undefined;

const leads = (way: UnderlayWay | undefined): string =>
  way ? [way.device, way.via, way.source].join(' ') : '';

/**
 * The way to a server, and whether a connection along it is in doubt. What changes on a machine and leads there no
 * other way, as all that the agent itself does, is no reason to ask a server anything.
 */
export class Way {
  readonly #run: Run;
  readonly #isUp: IsUp;
  #seen: Seen | undefined;

  constructor(run: Run, isUp: IsUp = isRunning) {
    this.#run = run;
    this.#isUp = isUp;
  }

  /** Whether the way is another than at the last look, or open again. Without one there is nothing to ask for yet. */
  async isAnother(remote: string | undefined): Promise<boolean> {
    if (remote === undefined) return false;
    const seen = await this.#look(remote.replace(/^::ffff:(?=\d+\.)/i, ''));
    const before = this.#seen;
    this.#seen = seen;
    if (!seen?.way || before?.remote !== seen.remote) return false;
    return leads(seen.way) !== leads(before.way) || (seen.isUp && !before.isUp);
  }

  /** A kernel that cannot be asked leads where it led. */
  async #look(remote: string): Promise<Seen | undefined> {
    try {
      const way = await underlayWay(this.#run, remote);
      return { remote, way, isUp: way !== undefined && this.#isUp(way.device) };
    } catch {
      return this.#seen;
    }
  }
}
