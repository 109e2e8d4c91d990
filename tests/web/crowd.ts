import type { Page } from 'playwright-core';
import type {
  MachineStatus,
  NetworkStatus,
  SegmentsResult,
  TunnelEnd,
  TunnelStatus,
  TunnelsStatus,
} from '#api';

const sizes = { machines: 5_000, tunnels: 10_000 } as const;

const machineOf = (index: number): MachineStatus => ({
  ...{ name: `machine-${index}`, enrolment: 'enrolled', connected: index % 50 !== 0 },
  ...{ site: `site-${index % 40}`, overlay: [`10.0.${index >> 8}.${index & 255}`] },
  ...{ address: '198.51.100.1', version: '0.1.0', confirmed: 3, wanted: 3 },
  ...{ notes: [], failures: [] },
});

/** One end as a machine with an agent tells it. */
const endOf = (machine: number, to: number, index: number): TunnelEnd => ({
  machine: `machine-${machine}`,
  tells: true,
  sample: {
    endpoint: `198.51.${to >> 8}.${to & 255}:51820`,
    ...{ handshake: index % 120, heard: index % 9, rx: index * 1000, tx: index * 77 },
    probe: { rtt: 1 + (index % 800) / 10, usual: 1 + (index % 790) / 10, loss: 0, answered: 1 },
  },
});

/** No two between the same machines: rows of a table are known by their ends. */
const tunnelOf = (index: number): TunnelStatus => {
  const further = index < sizes.machines ? 1 : 13;
  const [a, b] = [index % sizes.machines, (index * 7 + further) % sizes.machines];
  return {
    state: index % 100 === 0 ? 'down' : 'up',
    why: `machine-${a} heard machine-${b} ${index % 9} s ago`,
    ends: [endOf(a, b, index), endOf(b, a, index + 3)],
    // From nothing to speak of to what fills a link, by the site.
    rate: Math.round(10 ** ((a % 8) - 1)),
  };
};

const listOf = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));

interface Crowd {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

/** As a server answers whose network is as large as one gets: what a browser makes of it is what is looked at. */
export function crowd(network: string): Crowd {
  const revision = { epoch: 'crowd', number: 3 };
  return {
    status: {
      ...{ network, revision, frozen: false, approvals: 1 },
      machines: listOf(sizes.machines, machineOf),
    },
    tunnels: {
      ...{ network, revision, counts: { up: 9_900, down: 100 } },
      tunnels: listOf(sizes.tunnels, tunnelOf),
    },
  };
}

const members = 400;

/** Hundreds of lone machines at one hub, as partners of a platform are, and a second site; some are away. */
export function starCrowd(network: string): Crowd {
  const revision = { epoch: 'crowd', number: 3 };
  const at = (index: number, site: object): MachineStatus => {
    const { site: _, ...machine } = machineOf(index);
    return { ...machine, ...site };
  };
  const tunnels = listOf(
    members + 1,
    (index): TunnelStatus => ({
      ...tunnelOf(index),
      ends: [endOf(index + 1, 0, index + 3), endOf(0, index + 1, index)],
    }),
  );
  const down = tunnels.filter(({ state }) => state === 'down').length;
  const machines = [
    { ...at(0, { site: 'hub', hub: true }), connected: true },
    ...listOf(members, (index) => at(index + 1, {})),
    at(members + 1, { site: 'annex' }),
  ];
  return {
    status: { network, revision, frozen: false, approvals: 1, machines },
    tunnels: { network, revision, counts: { up: tunnels.length - down, down }, tunnels },
  };
}

/** A network of a server is such a one in a page, from what it asks for next on. */
export async function showCrowd(page: Page, network: string, of = crowd): Promise<void> {
  const { status, tunnels } = of(network);
  // The server's own would hang on nothing: its machines are not among these.
  const segments: SegmentsResult = { revision: status.revision, segments: [], routers: [] };
  for (const [what, json] of Object.entries({ status, tunnels, segments })) {
    await page.route(`**/v1/networks/${network}/${what}`, (route) => route.fulfill({ json }));
  }
}
