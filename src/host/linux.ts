import { lookup } from 'node:dns/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { byText, HawserError } from '#base';
import { type Change, emptyNamespace, emptyView, type View, ViewBuilder } from '#state';
import { type Existing, existing } from './adoption/existing.ts';
import { release } from './adoption/release.ts';
import { changedBy } from './announce/changed.ts';
import { announce } from './announce/index.ts';
import { Claims } from './claims.ts';
import { findCollisions, takenVxlans } from './collisions.ts';
import type { Context } from './context.ts';
import type { Announcement, Failure, Host, Observation, Wish } from './contract.ts';
import { type Device, Devices, readDevices } from './devices.ts';
import { spoiltLeases } from './dnsmasq/leases.ts';
import { fdb } from './fdb/index.ts';
import { v4Path, v6Path } from './forwarding/paths.ts';
import { readJson } from './json.ts';
import { adoptedMarkOf, networkOf } from './mark.ts';
import { networksIn } from './names/hosts-file.ts';
import { shadowedNames } from './names/index.ts';
import { readShared } from './names/replace-file.ts';
import { neighbour } from './neighbour/index.ts';
import { nft } from './nft/index.ts';
import { listTable, listTables } from './nft/read.ts';
import { Tracking } from './nft/tracking.ts';
import { proxy } from './proxy/index.ts';
import { usesResolved } from './resolved/uses.ts';
import { route } from './route/index.ts';
import { type Counts, countingRun, entered, type Run } from './run.ts';
import { isOpen, vxlansNotClosed } from './segment-guard.ts';
import { isExternal, isOurSpace } from './space/index.ts';
import { applyInOrder, facilitiesOf } from './steps.ts';
import { directKernel, enteredKernel, type Kernel } from './sysctl/kernel.ts';
import { missingEnds, overPairs, withoutBridge } from './veth/ways.ts';
import { Vigil } from './vigil.ts';
import { HandshakeAges } from './wireguard/ages.ts';
import { bringHome, comesTo } from './wireguard/move.ts';

export interface LinuxOptions {
  /** What to put before a command so that it runs in a namespace; nothing for the agent's own. */
  readonly enter?: Readonly<Record<string, readonly string[]>>;
  /** The agent's own namespace, as ip(8) finds it from within another; /proc/<pid>/ns/net. */
  readonly rootNamespace?: string;
  /** Where claims lie; /run/hawser. */
  readonly runFolder?: string;
  /** What is to survive a boot; /var/lib/hawser. */
  readonly stateFolder?: string;
  /** Where the machine says how it finds names; /etc. */
  readonly etc?: string;
  /** A stand-in for what runs programs, for tests that cut the power. */
  readonly wrap?: (run: Run) => Run;
  readonly resolveName?: (host: string) => Promise<readonly string[]>;
}

/** The real machine. */
export interface LinuxHost extends Host {
  /** Processes run so far, and writes to the kernel's own files. */
  counts(): Counts;
}

const askResolver = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Namespaces of others are entered by name; `root` is where the agent runs. */
const prefixOf = ({ enter }: LinuxOptions, namespace: string): readonly string[] => {
  const root = enter?.['root'] ?? [];
  return namespace === 'root' ? root : [...root, 'ip', 'netns', 'exec', namespace];
};

/** What ip(8) says of a namespace that is not there, and of a name that outlived its namespace. */
const noSpace =
  /Cannot open network namespace|setting the network namespace "[^"]*" failed: Invalid argument/;

/** Where ip(8) keeps the names of namespaces. */
const spaceFolder = '/run/netns';

/** Namespaces that may be ours. Names are only names: what decides is the mark of their `lo`. */
const isCandidate = (name: string): boolean => name.startsWith('hw-');

class RealHost implements LinuxHost {
  readonly #options: LinuxOptions;
  readonly #run: Run;
  readonly #counts: () => Counts;
  readonly #vigil = new Vigil();
  readonly #ages = new HandshakeAges();
  readonly #tracking = new Tracking();
  #fileWrites = 0;

  constructor(options: LinuxOptions) {
    const { run, counts } = countingRun();
    this.#options = options;
    this.#run = options.wrap?.(run) ?? run;
    this.#counts = counts;
  }

  get #runFolder(): string {
    return this.#options.runFolder ?? '/run/hawser';
  }

  counts(): Counts {
    const { read, write } = this.#counts();
    return { read, write: write + this.#fileWrites };
  }

  #runIn(namespace: string): Run {
    const prefix = prefixOf(this.#options, namespace);
    return prefix.length === 0 ? this.#run : entered(this.#run, prefix);
  }

  #kernelOf(namespace: string, run: Run): Kernel {
    const isDirect = prefixOf(this.#options, namespace).length === 0;
    return isDirect ? directKernel(() => this.#fileWrites++) : enteredKernel(run);
  }

  get #etc(): string {
    return this.#options.etc ?? '/etc';
  }

  splitsDns(): boolean {
    return usesResolved(this.#etc);
  }

  tracksBridged(): Promise<boolean> {
    const run = this.#runIn('root');
    return this.#tracking.isByBridge(run, this.#kernelOf('root', run));
  }

  holds(): boolean {
    return this.#vigil.holds;
  }

  writes(): number {
    return this.counts().write;
  }

  async devices(namespaces: Iterable<string>): Promise<ReadonlyMap<string, Devices>> {
    const read = async (name: string): Promise<readonly [string, Devices]> => {
      try {
        const text = await this.#runIn(name)('read', ['ip', '-j', '-d', 'address', 'show']);
        return [name, readDevices(readJson('ip -j', text))];
      } catch (error) {
        if (name === 'root' || !(error instanceof HawserError && noSpace.test(error.message))) {
          throw error;
        }
        return [name, new Devices([])];
      }
    };
    return new Map(await Promise.all([...new Set(namespaces)].map(read)));
  }

  async spaces(): Promise<readonly string[]> {
    const external = Claims.networks(this.#runFolder).flatMap(
      (network) => new Claims(this.#runFolder, network).external,
    );
    return [...new Set([...(await this.#named()).filter(isCandidate), ...external])];
  }

  async #named(): Promise<readonly string[]> {
    if (prefixOf(this.#options, 'root').length === 0) return namedSpaces();
    const text = await this.#runIn('root')('read', ['ip', 'netns', 'list']);
    return text.split('\n').map((line) => line.split(' ')[0] ?? '');
  }

  #context(
    namespace: string,
    wish: Wish,
    claims: Claims,
    devices: Devices,
    everywhere: ReadonlyMap<string, Devices> = new Map([[namespace, devices]]),
  ): Context {
    const run = this.#runIn(namespace);
    return {
      namespace,
      network: wish.network,
      run,
      kernel: this.#kernelOf(namespace, run),
      devices,
      runInRoot: this.#runIn('root'),
      rootDevices: everywhere.get('root') ?? devices,
      runIn: (name) => this.#runIn(name),
      everywhere,
      rootNamespace: this.#options.rootNamespace ?? `/proc/${process.pid}/ns/net`,
      remade: new Set(),
      wish,
      wanted: wish.view.get(namespace) ?? emptyNamespace(),
      claims,
      backends: new Map(),
      lives: new Map(),
      broken: new Set(),
      etc: this.#etc,
      runFolder: this.#runFolder,
      stateFolder: this.#options.stateFolder ?? '/var/lib/hawser',
      vigil: this.#vigil,
      signal: async (pid, signal) => {
        // Whatever its network namespace: that may be gone.
        if (prefixOf(this.#options, 'root').length === 0) process.kill(pid, `SIG${signal}`);
        else await this.#runIn('root')('write', ['kill', `-${signal}`, String(pid)]);
      },
      resolveName: this.#options.resolveName ?? askResolver,
      ages: this.#ages,
    };
  }

  async observe(wish: Wish, devices: ReadonlyMap<string, Devices>): Promise<Observation> {
    const claims = new Claims(this.#runFolder, wish.network);
    const contexts = [...devices].map(([name, found]) =>
      this.#context(name, wish, claims, found, devices),
    );
    const builder = new ViewBuilder();
    for (const context of contexts) await observeAll(context, builder);
    return observation(builder.view, contexts, claims, wish);
  }

  async amend(
    network: string,
    namespace: string,
    changes: readonly Change[],
  ): Promise<readonly Failure[]> {
    const claims = new Claims(this.#runFolder, network);
    const context = this.#context(namespace, emptyWish(network), claims, new Devices([]));
    return [
      ...(await nft.establish(context, changes)),
      ...(await proxy.withdraw(context, changes)),
      ...(await neighbour.withdraw(context, changes)),
      ...(await fdb.withdraw(context, changes)),
      ...(await route.withdraw(context, changes)),
      ...(await fdb.establish(context, changes)),
      ...(await neighbour.establish(context, changes)),
      ...(await route.establish(context, changes)),
      ...(await proxy.establish(context, changes)),
    ];
  }

  announce(namespace: string, all: readonly Announcement[]): Promise<void> {
    return announce(this.#runIn(namespace), all);
  }

  existing(device: Device): Promise<Existing | undefined> {
    return existing(this.#runIn('root'), device);
  }

  async adopt(network: string, { name }: Device): Promise<void> {
    const argv = ['ip', 'link', 'set', 'dev', name, 'alias', adoptedMarkOf(network, name)];
    await this.#runIn('root')('write', argv);
  }

  release(
    network: string,
    device: Device,
    was?: Pick<Existing, 'alias' | 'routes'>,
  ): Promise<void> {
    return release(this.#runIn('root'), network, device, was);
  }

  async networks(): Promise<readonly string[]> {
    const devices = (await this.devices(['root'])).get('root')?.all ?? [];
    const claims = new Claims(this.#runFolder, '');
    const found = devices.length === 0 ? [] : devices.map(({ alias }) => networkOf(alias));
    const wish = emptyWish('');
    const context = this.#context('root', wish, claims, readDevices([]));
    const tables = await listTables(context);
    const listed = await Promise.all(tables.map((table) => listTable(context, table)));
    const names = [...found, ...listed.map(({ comment }) => networkOf(comment))];
    const known = names.flatMap((name) => name ?? []);
    const named = networksIn(readShared(join(this.#etc, 'hosts')) ?? '');
    return [...new Set([...known, ...named, ...Claims.networks(this.#runFolder)])].sort(byText);
  }
}

/** An error is not an empty answer, but a folder that is not there is one. */
function namedSpaces(): readonly string[] {
  try {
    return readdirSync(spaceFolder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A network that should be nowhere. */
export const emptyWish = (network: string): Wish => ({
  network,
  view: emptyView,
  keyFile: () => '',
  secret: () => undefined,
  endpoints: new Map(),
  thorough: true,
});

/** Reads everything at once, then tells it in the order of the facilities. */
async function observeAll(context: Context, builder: ViewBuilder): Promise<void> {
  const into = builder.namespace(context.namespace);
  const fills = await Promise.all(
    facilitiesOf(context).map((facility) => facility.observe(context)),
  );
  for (const fill of fills) fill(into);
}

/** What the kernel will not remember is written down before anything is done. */
async function claim(context: Context): Promise<void> {
  const { claims, wanted, namespace } = context;
  const routes = [...wanted.routes.values()].filter(
    ({ type, device }) => type === undefined && !wanted.tunnels.has(device),
  );
  const marks = [...wanted.rules.values()].map(({ fwmark }) => fwmark);
  claims.claimRouting(routes, marks);
  const switches = [...wanted.forwarding.values()].map(({ device, family }) =>
    family === 4 ? v4Path(device) : v6Path(device),
  );
  const paths = [...wanted.sysctls.keys(), ...switches];
  claims.claimSysctls(namespace, await context.kernel.read(paths));
}

/**
 * Namespaces that go before the agent's own, whose filter they need to the last; those that stay after, and at
 * last those from which pairs lead into others.
 */
function inOrder(contexts: readonly Context[], { view }: Wish): readonly Context[] {
  const rank = ({ namespace, wanted }: Context): number => {
    if (namespace === 'root') return 1;
    return view.has(namespace) ? 2 + Math.min(1, wanted.veths.size) : 0;
  };
  return contexts.toSorted((a, b) => rank(a) - rank(b));
}

/** The changes of a namespace, tunnels that come to live there among them; and those that failed before they came. */
function changesFor(
  { namespace }: Context,
  changes: readonly Change[],
  failures: readonly Failure[],
): { readonly here: readonly Change[]; readonly absent: readonly string[] } {
  const failed = new Set(failures.map(({ change }) => change));
  const own = changes.filter((change) => change.namespace === namespace);
  const coming = changes.filter((change) => comesTo(change, namespace));
  return {
    here: [...own, ...coming].filter((change) => !failed.has(change)),
    absent: coming.filter((change) => failed.has(change)).map(({ id }) => id),
  };
}

function observation(
  view: View,
  contexts: readonly Context[],
  claims: Claims,
  wish: Wish,
): Observation {
  const backends = () => Object.fromEntries(contexts.flatMap(({ backends: found }) => [...found]));
  return {
    view,
    get backends() {
      return backends();
    },
    notes: contexts.flatMap((context) => [...shadowedNames(context), ...spoiltLeases(context)]),
    async collisions(changes: readonly Change[]) {
      const found = contexts.map((context) => findCollisions(context, changes));
      return [...(await Promise.all(found)).flat(), ...takenVxlans(contexts, changes)];
    },
    async apply(changes: readonly Change[]): Promise<readonly Failure[]> {
      const external = contexts.filter(isExternal).map(({ namespace }) => namespace);
      claims.claimExternal(external);
      const root = contexts.find(({ namespace }) => namespace === 'root');
      const failures: Failure[] = root ? [...(await bringHome(root, changes))] : [];
      const { first, last } = overPairs(contexts, changes);
      const apart = new Set([...first, ...last]);
      const between = changes.filter((change) => !apart.has(change));
      if (root) failures.push(...(await applyInOrder(root, first)));
      for (const context of inOrder(contexts, wish)) {
        if (context.namespace === 'root') await claim(context);
        const { here, absent } = changesFor(context, between, failures);
        const shut = [
          ...(isOpen(failures) ? vxlansNotClosed(here) : []),
          ...withoutBridge(here, failures),
        ];
        const possible = here.filter((change) => !shut.some((one) => one.change === change));
        const lacking = [...absent, ...shut.map(({ change }) => change.id)];
        failures.push(...shut, ...(await applyInOrder(context, possible, lacking)));
        // Nobody waits for it: all of it is said twice.
        if (isOurSpace(context)) void announce(context.run, changedBy(possible, context.wanted));
      }
      if (root) failures.push(...(await applyInOrder(root, last, missingEnds(failures))));
      if (failures.length > 0) return failures;
      if (wish.view.size === 0) claims.forget();
      else claims.claimExternal(external.filter((name) => wish.view.has(name)));
      return failures;
    },
  };
}

/** This machine's Linux, or the namespaces that `enter` leads to. */
export const linuxHost = (options: LinuxOptions = {}): LinuxHost => new RealHost(options);
