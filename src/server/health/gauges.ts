import { Gauge, type Registry } from 'prom-client';
import type { ProbeSample, SegmentStatus, TunnelState, TunnelStatus } from '#api';
import { byText } from '#base';
import type { Networks } from '../networks.ts';
import { failuresOf } from './failures.ts';
import { monitorsOf } from './monitors.ts';
import { segmentStatuses } from './segments.ts';
import { judged } from './tunnels.ts';

type Open = Networks['all'][number];

/** Of so many tunnels of a network each is told by itself; of more the numbers alone. */
const told = 5_000;

/** ms for which what one gauge asked for answers the others: a scrape asks for all at once. */
const fresh = 500;

/** How each tunnel of a network is, asked once for all gauges of a scrape. */
class Judged {
  readonly #kept = new WeakMap<Open, { at: number; all: Promise<readonly TunnelStatus[]> }>();

  of(open: Open): Promise<readonly TunnelStatus[]> {
    const kept = this.#kept.get(open);
    if (kept && performance.now() - kept.at < fresh) return kept.all;
    const all = statuses(open);
    this.#kept.set(open, { at: performance.now(), all });
    return all;
  }

  /** Those of a network in which each is told by itself. */
  async single(open: Open): Promise<readonly TunnelStatus[]> {
    const all = await this.of(open);
    return all.length > told ? [] : all;
  }
}

/** None where they cannot be computed now: that is told by `readyz`. */
async function statuses({ network, hub }: Open): Promise<readonly TunnelStatus[]> {
  const { snapshot } = network;
  const pairs = await network.tunnelPairs(snapshot).catch(() => []);
  return Array.fromAsync(judged(snapshot, hub, pairs));
}

interface HealthGauge {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Values with the labels besides the network. */
  readonly values: (open: Open, tunnels: Judged) => Promise<readonly Value[]>;
}
type Value = readonly [labels: Readonly<Record<string, string>>, value: number];

/** By name: a series is the same whichever end is told first. */
function endsOf({ ends }: TunnelStatus) {
  const [a = '', b = ''] = ends.map(({ machine }) => machine).sort(byText);
  return { a, b };
}

/** States that are neither well nor not: nobody has joined yet, or nobody tells. */
const untold: ReadonlySet<TunnelState> = new Set(['unknown', 'never', 'invited']);

/** What whichever end tells of it says; of both, the first. */
const handshakeOf = ({ ends }: TunnelStatus): number | undefined =>
  ends.flatMap(({ sample }) => sample?.handshake ?? [])[0];

const bytesOf = ({ ends: [a, b] }: TunnelStatus): readonly Value[] => {
  const way = (from: string, to: string, bytes: number | undefined): readonly Value[] =>
    bytes === undefined ? [] : [[{ from, to }, bytes]];
  return [
    ...way(a.machine, b.machine, a.sample?.tx ?? b.sample?.rx),
    ...way(b.machine, a.machine, b.sample?.tx ?? a.sample?.rx),
  ];
};

/** Of each end that probes the other. */
const probesOf = (
  { ends: [a, b] }: TunnelStatus,
  value: (probe: ProbeSample) => number | undefined,
): readonly Value[] =>
  [
    [a, b],
    [b, a],
  ].flatMap(([from, to]): readonly Value[] => {
    const found = from?.sample?.probe && value(from.sample.probe);
    return found === undefined || !from || !to
      ? []
      : [[{ from: from.machine, to: to.machine }, found]];
  });

/** Of each host behind either end that has answered through the tunnel. */
const hostsOf = ({ ends: [a, b] }: TunnelStatus): readonly Value[] =>
  (
    [
      [a, b],
      [b, a],
    ] as const
  ).flatMap(([from, gateway]) =>
    Object.entries(gateway.behind ?? {}).flatMap(([host, { through }]): readonly Value[] => {
      if (through?.answered === undefined) return [];
      const labels = { from: from.machine, gateway: gateway.machine, host };
      return [[labels, Number(!through.mute)]];
    }),
  );

/** Of each segment at each site, with both as labels. */
const segmentValues = (
  { network, hub }: Open,
  values: (status: SegmentStatus) => readonly Value[],
): readonly Value[] =>
  segmentStatuses(network.snapshot, hub).flatMap((status) => {
    const { segment, site } = status;
    return values(status).map(([own, value]): Value => [{ segment, site, ...own }, value]);
  });

const gauges: readonly HealthGauge[] = [
  {
    name: 'hawser_machine_up',
    help: '1 if the agent of a machine that joined is connected to a server, 0 if it is not.',
    labels: ['machine'],
    values: async ({ network, hub }) =>
      [...network.snapshot.machines.values()]
        .filter(({ enrolment }) => enrolment === 'enrolled')
        .map(({ name, identity }): Value => [{ machine: name }, Number(!!hub.present(identity))]),
  },
  {
    name: 'hawser_machine_failures',
    help: 'What a machine that is connected fails at of what its network says, 0 if at nothing; nothing where it has not said.',
    labels: ['machine'],
    values: async ({ network, hub }) =>
      [...network.snapshot.machines.values()].flatMap(({ name, identity, enrolment }): Value[] => {
        const card = enrolment === 'enrolled' ? hub.present(identity)?.card : undefined;
        const count = card && failuresOf(card);
        return count === undefined ? [] : [[{ machine: name }, count.length]];
      }),
  },
  {
    name: 'hawser_tunnels',
    help: 'Tunnels, by how they are.',
    labels: ['state'],
    values: async (open, tunnels) =>
      [...Map.groupBy(await tunnels.of(open), ({ state }) => state)].map(
        ([state, all]): Value => [{ state }, all.length],
      ),
  },
  {
    name: 'hawser_tunnel_up',
    help: '1 if a tunnel is up, 0 if it is not; nothing where nobody tells, or it never was.',
    labels: ['a', 'b'],
    values: async (open, tunnels) =>
      (await tunnels.single(open))
        .filter(({ state }) => !untold.has(state))
        .map((tunnel): Value => [endsOf(tunnel), Number(tunnel.state === 'up')]),
  },
  {
    name: 'hawser_tunnel_state',
    help: '1, with how a tunnel is as a label.',
    labels: ['a', 'b', 'state'],
    values: async (open, tunnels) =>
      (await tunnels.single(open)).map(
        (tunnel): Value => [{ ...endsOf(tunnel), state: tunnel.state }, 1],
      ),
  },
  {
    name: 'hawser_tunnel_handshake_age_seconds',
    help: 'How long ago the last handshake of a tunnel was.',
    labels: ['a', 'b'],
    values: async (open, tunnels) =>
      (await tunnels.single(open)).flatMap((tunnel): readonly Value[] => {
        const age = handshakeOf(tunnel);
        return age === undefined ? [] : [[endsOf(tunnel), age]];
      }),
  },
  {
    name: 'hawser_tunnel_bytes',
    help: 'Bytes that a tunnel has carried since its device was made, by direction.',
    labels: ['from', 'to'],
    values: async (open, tunnels) => (await tunnels.single(open)).flatMap(bytesOf),
  },
  {
    name: 'hawser_tunnel_rtt_seconds',
    help: 'Until a probe through a tunnel is answered, the median of the last ones.',
    labels: ['from', 'to'],
    values: async (open, tunnels) =>
      (await tunnels.single(open)).flatMap((tunnel) =>
        probesOf(tunnel, ({ rtt }) => (rtt === undefined ? undefined : rtt / 1000)),
      ),
  },
  {
    name: 'hawser_tunnel_loss_ratio',
    help: 'The share of the last probes through a tunnel that were not answered.',
    labels: ['from', 'to'],
    values: async (open, tunnels) =>
      (await tunnels.single(open)).flatMap((tunnel) => probesOf(tunnel, ({ loss }) => loss)),
  },
  {
    name: 'hawser_host_up',
    help: '1 if a host behind a gateway answers through the tunnel, 0 if it does so no more; nothing where it never did.',
    labels: ['from', 'gateway', 'host'],
    values: async (open, tunnels) => (await tunnels.single(open)).flatMap(hostsOf),
  },
  {
    name: 'hawser_monitor_up',
    help: '1 if a service answers, also where it is busy or a part of it fails, 0 if it is down; nothing where nobody looks.',
    labels: ['monitor', 'type', 'from'],
    values: async (open) =>
      servicesOf(open).map(({ state, ...labels }): Value => [labels, Number(state !== 'down')]),
  },
  {
    name: 'hawser_monitor_state',
    help: '1, with how a service is as a label; nothing where nobody looks.',
    labels: ['monitor', 'type', 'from', 'state'],
    values: async (open) => servicesOf(open).map((labels): Value => [labels, 1]),
  },
  {
    name: 'hawser_segment_leases',
    help: 'Addresses that a DHCP server of ours has given in a segment at a site, and that are still given.',
    labels: ['segment', 'site'],
    values: async (open) =>
      segmentValues(open, ({ leases }) => (leases === undefined ? [] : [[{}, leases]])),
  },
  {
    name: 'hawser_segment_machines',
    help: 'Machines of a segment that the gateway of a site knows, on its own port or behind other gateways.',
    labels: ['segment', 'site', 'where'],
    values: async (open) =>
      segmentValues(open, ({ here, elsewhere }) =>
        Object.entries({ here, elsewhere }).flatMap(([where, count]): readonly Value[] =>
          count === undefined ? [] : [[{ where }, count]],
        ),
      ),
  },
  {
    name: 'hawser_segment_dropped_frames',
    help: 'Frames that the gateway of a site has dropped at the border of a segment since its filter was made, by why.',
    labels: ['segment', 'site', 'why'],
    values: async (open) =>
      segmentValues(open, ({ dropped = {} }) =>
        Object.entries(dropped).map(([why, frames]): Value => [{ why }, frames]),
      ),
  },
];

const servicesOf = ({ network, hub }: Open) =>
  monitorsOf(network.snapshot, hub, { now: new Date(), brief: true })
    .monitors.filter(({ state }) => state !== 'unknown')
    .map(({ name: monitor, type, from, state }) => ({ monitor, type, from, state }));

/** Adds what Prometheus is told of tunnels and services. */
export function addHealthGauges(registry: Registry, networks: Networks): void {
  const tunnels = new Judged();
  for (const { name, help, labels, values } of gauges) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ['network', ...labels],
      registers: [registry],
      collect: async () => {
        const all = await Promise.all(
          networks.all.map(async (open) => ({
            network: open.network.name,
            found: await values(open, tunnels),
          })),
        );
        // What is no more is told no more.
        gauge.reset();
        for (const { network, found } of all) {
          for (const [own, value] of found) gauge.set({ network, ...own }, value);
        }
      },
    });
  }
}
