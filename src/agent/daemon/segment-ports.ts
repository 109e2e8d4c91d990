import type { Finding } from '#api';
import { plainFinding } from '#base';
import type { Run } from '#host';
import type { HostState } from '#state';
import { agentErrors } from '../errors.ts';
import { Again } from './again.ts';

/** ms between looks: no kernel is asked oftener for what nobody depends on within a second. */
const every = 3_000;

/** A port of a segment, in the namespace of that. */
interface Port {
  readonly space: string;
  readonly device: string;
  readonly segment: string;
}

/** Of `ip -j link`, as far as it is read. */
interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
}

/** The ports by which segments reach the machines of a site, as a state says them. */
const portsIn = ({ namespaces }: Pick<HostState, 'namespaces'>): readonly Port[] =>
  Object.entries(namespaces).flatMap(([space, { ports, vlans, tables }]) => {
    const segment = tables?.items[0]?.segment ?? space;
    const names = [
      ...(ports?.items ?? []).map(({ device }) => device),
      ...(vlans?.items ?? []).map(({ name }) => name),
    ];
    return names.map((device) => ({ space, device, segment }));
  });

/** Up, and nothing at the other end of the cable: the kernel says so of a device of either kind. */
const isDark = ({ flags }: Link): boolean => flags.includes('UP') && !flags.includes('LOWER_UP');

/** Those of some ports by which nothing comes or goes. What is not there is told by whoever should make it. */
async function darkPorts(run: Run, ports: readonly Port[]): Promise<readonly Port[]> {
  const spaces = [...new Set(ports.map(({ space }) => space))];
  const dark = spaces.map(async (space): Promise<readonly string[]> => {
    try {
      const text = await run('read', ['ip', '-n', space, '-j', 'link', 'show']);
      const links = JSON.parse(text) as readonly Link[];
      return links.filter(isDark).map(({ ifname }) => `${space} ${ifname}`);
    } catch {
      return [];
    }
  });
  const names = new Set((await Promise.all(dark)).flat());
  return ports.filter(({ space, device }) => names.has(`${space} ${device}`));
}

/** Sees to it that somebody knows when a segment hangs on a cable that leads nowhere. */
export class SegmentPorts {
  readonly #run: Run;
  readonly #next = new Again(async () => this.#look());
  #ports: readonly Port[] = [];
  #dark: readonly Port[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  get findings(): readonly Finding[] {
    return this.#dark.map(({ device, segment }) =>
      plainFinding(agentErrors.diagnostic('agent/port-dark', { device, segment })),
    );
  }

  /** The machine has this state now; nothing of the network, if it has none. */
  follow(state: HostState | undefined): void {
    const had = this.#ports.length > 0;
    this.#ports = state ? portsIn(state) : [];
    if (this.#ports.length === 0) this.#dark = [];
    else if (!had) this.#next.later(0);
  }

  async #look(): Promise<void> {
    const ports = this.#ports;
    if (ports.length === 0) return;
    this.#next.later(every);
    const dark = await darkPorts(this.#run, ports);
    if (this.#ports.length > 0) this.#dark = dark;
  }

  stop(): void {
    this.#next.stop();
  }
}
