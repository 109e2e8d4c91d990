import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { addHealthGauges } from './health/gauges.ts';
import type { Networks } from './networks.ts';
import type { Store } from './store/contract.ts';

/** What a server tells Prometheus; times in seconds, sizes in bytes. */
export class Metrics {
  readonly #registry = new Registry();
  readonly requests: Counter<'route' | 'status'>;
  readonly seconds: Histogram<'route'>;
  readonly failures: Counter;
  readonly messages: Counter<'type'>;
  readonly bytes: Counter<'type'>;

  constructor(networks: Networks, { peers }: Pick<Store, 'peers'>) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.requests = new Counter({
      name: 'hawser_http_requests_total',
      help: 'Requests by route and status.',
      labelNames: ['route', 'status'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'hawser_http_request_seconds',
      help: 'How long requests took, by route.',
      labelNames: ['route'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    });
    this.failures = new Counter({
      name: 'hawser_failed_logins_total',
      help: 'Unknown tokens and wrong signatures.',
      registers,
    });
    this.messages = new Counter({
      name: 'hawser_agent_messages_sent_total',
      help: 'Messages sent to agents, by type.',
      labelNames: ['type'],
      registers,
    });
    this.bytes = new Counter({
      name: 'hawser_agent_bytes_sent_total',
      help: 'Bytes of messages sent to agents, by type.',
      labelNames: ['type'],
      registers,
    });
    const leader: Gauge = new Gauge({
      name: 'hawser_leader',
      help: '1 if this server does what one of those on its database has to do.',
      registers,
      collect: () => leader.set(Number(peers.leads)),
    });
    for (const gauge of gauges) addGauge(this.#registry, networks, gauge);
    addHealthGauges(this.#registry, networks);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Of all networks, or for who may see no other: of one. */
  async text(network?: string): Promise<string> {
    const all = await this.#registry.metrics();
    if (network === undefined) return all;
    const isSeen = (line: string): boolean =>
      (/[{,]network="([^"]*)"/.exec(line)?.[1] ?? network) === network;
    return all.split('\n').filter(isSeen).join('\n');
  }
}

type Open = Networks['all'][number];

interface NetworkGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (open: Open) => number;
}

const gauges: readonly NetworkGauge[] = [
  {
    name: 'hawser_agents_connected',
    help: 'Agents that are connected to this server now.',
    value: ({ hub }) => hub.size,
  },
  {
    name: 'hawser_machines_enrolled',
    help: 'Machines that joined.',
    value: ({ network }) =>
      network.snapshot.machines
        .values()
        .filter(({ enrolment }) => enrolment === 'enrolled')
        .toArray().length,
  },
  {
    name: 'hawser_revision',
    help: 'Number of the revision that is the network’s own.',
    value: ({ network }) => network.snapshot.stored.revision.number,
  },
  {
    name: 'hawser_frozen',
    help: '1 while the network is frozen.',
    value: ({ network }) => Number(network.snapshot.stored.frozen),
  },
];

function addGauge(
  registry: Registry,
  networks: Networks,
  { name, help, value }: NetworkGauge,
): void {
  const gauge: Gauge<'network'> = new Gauge({
    name,
    help,
    labelNames: ['network'],
    registers: [registry],
    collect: () => {
      for (const open of networks.all) gauge.set({ network: open.network.name }, value(open));
    },
  });
}
