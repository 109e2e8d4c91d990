import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type Report, Store } from '#agent';
import { Secret } from '#base';
import { type LinuxHost, linuxHost } from '#host';
import type { HostState, Peer } from '#state';
import { Sandbox } from '../tests/support/sandbox.ts';
import { until } from '../tests/support/until.ts';
import { type Bench, type BenchResult, interleaved, median, timed } from './bench.ts';

const peers = 10_000;
const rounds = 5;

const keyOf = (kind: number, n: number): string => {
  const bytes = Buffer.alloc(32, kind);
  bytes.writeUInt32BE(n, 0);
  return bytes.toString('base64');
};

const addressOf = (n: number): string => `10.77.${n >> 8}.${n & 255}/32`;

/** A hub of members with preshared keys and keepalives, each with one address. */
function hub(count: number): HostState {
  const members: Record<string, Peer> = {};
  for (let n = 0; n < count; n++) {
    const presharedKey = { id: `m${n}`, version: 1 };
    members[`m${n}`] = { publicKey: keyOf(1, n), keepalive: 25, presharedKey };
  }
  return {
    format: 1,
    network: 'bench',
    machine: 'hub',
    epoch: 'bench',
    rev: 1,
    namespaces: {
      root: {
        links: { v: 1, items: [{ name: 'wgb', kind: 'wireguard', mtu: 1420 }] },
        addresses: { v: 1, items: [{ device: 'wgb', address: '10.77.255.254/32' }] },
        routes: { v: 1, items: [{ prefix: '10.77.0.0/16', device: 'wgb', table: 254 }] },
      },
    },
    tunnels: {
      main: {
        interface: 'wgb',
        lane: 0,
        bornIn: 'root',
        livesIn: 'root',
        listenPort: 51820,
        key: { id: 'bench/0' },
        peers: members,
      },
    },
    bindings: Object.keys(members).map((peer, n) => ({
      prefixes: [addressOf(n)],
      candidates: [{ tunnel: 'main', peer, rank: 0 }],
      sticky: false,
    })),
    processes: {},
    tables: {},
  };
}

/** The same as a wg configuration. */
function configuration(count: number): string {
  const sections = ['[Interface]', `PrivateKey = ${keyOf(3, 1)}`, 'ListenPort = 51821', ''];
  for (let n = 0; n < count; n++) {
    sections.push('[Peer]', `PublicKey = ${keyOf(1, n)}`, `PresharedKey = ${keyOf(2, n)}`);
    sections.push(`AllowedIPs = ${addressOf(n)}`, 'PersistentKeepalive = 25', '');
  }
  return sections.join('\n');
}

/** A machine of its own with an agent and its secrets in place. */
class Machine {
  readonly box: Sandbox;
  readonly #folder: string;
  readonly store: Store;
  readonly host: LinuxHost;
  readonly agent: Agent;

  private constructor(box: Sandbox) {
    this.box = box;
    this.#folder = mkdtempSync(join(tmpdir(), 'hawser-bench-'));
    this.store = new Store(join(this.#folder, 'state'));
    const enter = { root: box.enter };
    this.host = linuxHost({ enter, runFolder: join(this.#folder, 'run') });
    this.agent = new Agent({ host: this.host, store: this.store });
    const secretOf = (n: number) => [`m${n}@1`, new Secret(keyOf(2, n))] as const;
    this.store.putSecrets(
      'bench',
      new Map(Array.from({ length: peers + 1 }, (_, n) => secretOf(n))),
    );
  }

  static async open(): Promise<Machine> {
    return new Machine(await Sandbox.open());
  }

  async close(): Promise<void> {
    await this.box.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What the agent reads, by hand: the dump and `ip -j`, one after the other. */
  rawReads(): void {
    this.box.run(['wg', 'show', 'wgb', 'dump']);
    this.box.run(['ip', '-j', '-d', 'address', 'show']);
    for (const family of ['-4', '-6']) {
      this.box.run(['ip', family, '-j', 'route', 'show', 'table', 'all', 'proto', '143']);
      this.box.run(['ip', family, '-j', 'rule', 'show']);
    }
  }
}

/** A bench on a machine of its own. */
const onMachine = async (
  work: (machine: Machine) => Promise<BenchResult>,
): Promise<BenchResult> => {
  const machine = await Machine.open();
  try {
    return await work(machine);
  } finally {
    await machine.close();
  }
};

/** Throws unless the run did what it should: a bench of nothing is worth nothing. */
function demand(report: Report, changes: number): void {
  if (report.failures.length === 0 && report.changes.length === changes) return;
  throw new Error(`${report.changes.length} changes, ${report.failures.length} failures`);
}

/** Device, key, peers, address and route; raw: the device's configuration alone. */
async function fromNothing(machine: Machine): Promise<BenchResult> {
  const state = hub(peers);
  const input = configuration(peers);
  const pairs = await interleaved(
    rounds,
    async () => {
      const time = await timed(async () => demand(await machine.agent.reconcile(state), peers + 4));
      await machine.agent.cleanup('bench');
      return time;
    },
    async () => {
      machine.box.run(['wireguard-go', 'wgraw']);
      const argv = ['wg', 'setconf', 'wgraw', '/dev/stdin'];
      const time = await timed(() => machine.box.run(argv, { input }));
      machine.box.run(['ip', 'link', 'del', 'dev', 'wgraw']);
      await until(
        'wgraw is gone',
        () => machine.box.run(['find', socketFolder, '-name', 'wgraw.sock']) === '',
      );
      return time;
    },
  );
  return { ...pairs, unit: 'ms', reached: pairs.ratio <= 1.5 };
}

const socketFolder = '/var/run/wireguard';

const compare = (value: number, baseline: number, limit: number): BenchResult => {
  const ratio = value / baseline;
  return { value, unit: 'ms', baseline, ratio, reached: ratio <= limit };
};

async function unchanged(machine: Machine): Promise<BenchResult> {
  const state = hub(peers);
  demand(await machine.agent.reconcile(state), peers + 4);
  let writes = 0;
  const reconcile = async (): Promise<void> => {
    const report = await machine.agent.reconcile(state);
    demand(report, 0);
    writes += report.writes;
  };
  const pairs = await interleaved(
    9,
    () => timed(reconcile),
    () => timed(() => machine.rawReads()),
  );
  const reached = pairs.ratio <= 2 && writes === 0;
  return { ...pairs, unit: 'ms', reached, detail: `${writes} writes` };
}

/** Peers come and go, so that each round adds one among 10,000. */
async function addOne(machine: Machine): Promise<BenchResult> {
  const small = hub(peers);
  const large = hub(peers + 1);
  demand(await machine.agent.reconcile(small), peers + 4);
  const [ours, reads, sets]: [number[], number[], number[]] = [[], [], []];
  let writes = 0;
  for (let round = 0; round < rounds; round++) {
    reads.push(await timed(() => machine.rawReads()));
    const argv = ['wg', 'set', 'wgb', 'peer', keyOf(1, 0), 'persistent-keepalive', '25'];
    sets.push(await timed(() => machine.box.run(argv)));
    ours.push(
      await timed(async () => {
        const report = await machine.agent.reconcile(large);
        demand(report, 1);
        writes = Math.max(writes, report.writes);
      }),
    );
    demand(await machine.agent.reconcile(small), 1);
  }
  const allowed = 2 * median(reads) + 10 * median(sets);
  const result = compare(median(ours), allowed, 1);
  return {
    ...result,
    reached: result.reached && writes <= 3,
    detail: `${writes} writing processes`,
  };
}

export const benches: readonly Bench[] = [
  {
    name: 'reconcile a hub to 10,000 peers from nothing',
    target: '<= 1.5 x raw wg setconf',
    run: () => onMachine(fromNothing),
  },
  {
    name: 'reconcile 10,000 peers when nothing changed',
    target: '<= 2 x raw wg show dump + ip -j reads, 0 writes',
    run: () => onMachine(unchanged),
  },
  {
    name: 'add one peer among 10,000 in a running agent',
    target: '<= 2 x those reads + 10 x one raw wg set, <= 3 writing processes',
    run: () => onMachine(addOne),
  },
];
