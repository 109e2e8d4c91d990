import type { HostState } from '#state';
import type { Host } from './contract.ts';

/** Facilities of a kernel, and a family of its filters. */
export type Lackable = 'spaces' | 'bridges' | 'vxlans' | 'veths' | 'bridge' | 'nftables';

/** A machine under test: a host, and hands to spoil what it made and to put foreign things there. */
export interface Fixture {
  readonly host: Host;
  /** What the machine itself adds to a view: key files. */
  readonly keyFile: string;
  /** The public key of that file's key. */
  readonly publicKey: string;
  sysctl(path: string): string;
  /** Whether its kernel has 802.1Q. */
  hasVlans(): boolean;
  /** What stands in its /etc/hosts; a fake has none. */
  hosts(): string;
  readonly spoil: {
    device(name: string): void;
    address(device: string, address: string): void;
    route(prefix: string): void;
    unreachable(prefix: string, metric: number): void;
    peer(device: string, publicKey: string): void;
    table(name: string): void;
    element(table: string, set: string, element: string): void;
    name(address: string): void;
    resolver(): void;
    /** Of the segment in the namespace `hw-net-lab`. */
    vxlan(): void;
    fdb(mac: string): void;
    neighbour(address: string): void;
    /** Of `eth1`, where the segment is routed to it. */
    proxy(address: string): void;
    /** Of the namespace of the segment. */
    nearRoute(prefix: string): void;
    nearSysctl(path: string): void;
    bridgeMac(): void;
    vlan(name: string): void;
    port(device: string): void;
    /** Both ends of a pair, by that in the namespace of the router, `hw-net-gw`. */
    pair(name: string): void;
    dhcp(): void;
    bridge(): void;
    /** The namespace of the segment, by its name; a port that is hardware comes home then. */
    space(): void;
    /** The end of the router's pair that is on the bridge of the segment is in the agent's own namespace now. */
    end(): void;
  };
  /** Filters of this namespace cannot be set from now on; without one all can again. */
  forbidFilters(namespace?: string): void;
  /** What the kernel does not have from now on; without one it has all. */
  lack(what?: Lackable): void;
  /** Names of the devices in the agent's own namespace that are there without Hawser. */
  homeDevices(): readonly string[];
  /** Whether one of those is up. */
  isUp(device: string): boolean;
  /** Foreign things; `eth0` with 192.168.66.4/24 and `eth1` are there, and up, from the beginning. */
  readonly foreign: {
    device(name: string): void;
    route(prefix: string): void;
    table(name: string): void;
    port(port: number): void;
    space(name: string): void;
    /** All of these that are there, as text. */
    picture(): string;
    /** Of a segment of the network `other`. */
    vxlan(vni: number, port: number): void;
  };
  close(): Promise<void>;
}

export interface ComplianceStates {
  /** Two states of the network `net` that differ in everything, with `wg0`, `eth0` and `hawser-net`. */
  readonly first: HostState;
  readonly second: HostState;
  /** Another network on the same machine: `other`, `wg1`. */
  readonly other: HostState;
}
