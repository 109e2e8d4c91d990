import type { Change, NamespaceBuilder, NamespaceView } from '#state';
import type { Claims } from './claims.ts';
import type { Backend, Failure, Wish } from './contract.ts';
import type { Device, Devices } from './devices.ts';
import { isAdopted, networkOf, pairMarkOf } from './mark.ts';
import type { Run } from './run.ts';
import type { Kernel } from './sysctl/kernel.ts';
import type { Vigil } from './vigil.ts';
import type { HandshakeAges } from './wireguard/ages.ts';

/** One namespace of a machine, seen by the facilities for one network. */
export interface Context {
  readonly namespace: string;
  readonly network: string;
  /** Runs inside the namespace. */
  readonly run: Run;
  readonly kernel: Kernel;
  readonly devices: Devices;
  /** Runs in the agent's own namespace. */
  readonly runInRoot: Run;
  readonly rootDevices: Devices;
  /** Runs inside another namespace. */
  readonly runIn: (namespace: string) => Run;
  /** The devices of all namespaces that were looked at, by their names. */
  readonly everywhere: ReadonlyMap<string, Devices>;
  /** A path by which ip(8) finds the agent's own namespace from within another. */
  readonly rootNamespace: string;
  /** Devices that were made anew by these changes: what lay on them is gone. */
  readonly remade: Set<string>;
  readonly wish: Wish;
  /** What is wished for this namespace. */
  readonly wanted: NamespaceView;
  /** What we changed that the kernel cannot remember for us. */
  readonly claims: Claims;
  /** Our devices, and how each is made. */
  readonly backends: Map<string, Backend>;
  /** The namespaces of our tunnels' devices that are not where they were born. */
  readonly lives: Map<string, string>;
  /** Our devices that cannot be used and are as good as absent. */
  readonly broken: Set<string>;
  /** Where the machine says how it finds names; /etc. */
  readonly etc: string;
  /** What is ours and goes with a boot; /run/hawser. */
  readonly runFolder: string;
  /** What is to survive a boot; /var/lib/hawser. */
  readonly stateFolder: string;
  /** Told what to look after between two passes. */
  readonly vigil: Vigil;
  readonly signal: (pid: number, signal: 'HUP' | 'TERM' | 'KILL') => Promise<void>;
  readonly resolveName: (host: string) => Promise<readonly string[]>;
  readonly ages: HandshakeAges;
}

/** Puts what was read into a view. Those of tunnels come first: they say which devices are ours. */
export type Fill = (into: NamespaceBuilder) => void;

/** One Linux facility: what it sees of a network, and how it makes changes. */
export interface LinuxFacility {
  readonly name: string;
  readonly v: 1 | 2;
  /** Reads what is there; what comes back puts it into the view. */
  observe(context: Context): Promise<Fill>;
  /** Adds and changes. */
  establish(context: Context, changes: readonly Change[]): Promise<readonly Failure[]>;
  /** Removes. */
  withdraw(context: Context, changes: readonly Change[]): Promise<readonly Failure[]>;
}

/** Whether a device is one of ours that leads out of this namespace to its other end. */
export const startsPair = ({ devices, network, namespace }: Context, name: string): boolean =>
  devices.get(name)?.alias === pairMarkOf(network, namespace, name);

/** Whether a device is one of ours that works. */
export const isOurs = (context: Context, device: string | undefined): boolean =>
  device !== undefined &&
  (context.backends.has(device) || startsPair(context, device) || isAtHome(context, device)) &&
  !context.broken.has(device);

/** Whether a device is ours in a namespace besides the agent's own. */
const isAtHome = ({ namespace, network, devices }: Context, name: string): boolean =>
  namespace !== 'root' && networkOf(devices.get(name)?.alias) === network;

/** Whether a device was there before us and is no longer wished: what is on it stays as it is. */
export const isGivenBack = ({ wanted }: Context, { name, alias }: Device): boolean =>
  isAdopted(alias) && !wanted.tunnels.has(name);
