import { setTimeout as sleep } from 'node:timers/promises';
import { fnv1a } from '#base';
import type { Run } from '#host';
import type { Table } from '#state';
import { isSix } from './sets.ts';

/** A machine with an address that it was seen with. */
export type Pair = readonly [mac: string, address: string];

/** ms in which a kernel has sent what it was made to ask. */
const sent = 40;

interface Link {
  readonly ifname: string;
  readonly master?: string;
  readonly address?: string;
}

export interface Around {
  readonly space: string;
  readonly table: () => Table;
  /** Runs argv inside of the namespace. @throws host/command-failed */
  readonly read: (argv: readonly string[]) => ReturnType<Run>;
  /** The same with lines as its input; what fails is no matter. */
  readonly batch: (argv: readonly string[], lines: readonly string[]) => Promise<void>;
  /** Whether it is known to be on our own port. */
  readonly isHere: (pair: Pair) => boolean;
}

/** Makes the kernel ask for machines on the port of a segment's namespace. */
export class Asking {
  readonly #around: Around;

  constructor(around: Around) {
    this.#around = around;
  }

  /** For addresses of nobody, though the kernel may think that it knows them. */
  async addresses(all: readonly string[]): Promise<void> {
    await this.#ask(all, []);
  }

  /** For machines that were seen. `past`: asked for before; the kernel need not remember them. */
  async pairs(pairs: readonly Pair[], past: readonly Pair[]): Promise<void> {
    const { routed } = this.#around.table();
    if (routed) return this.#askNeighbours(routed.port, pairs);
    const addresses = (some: readonly Pair[]) => some.map(([, address]) => address);
    await this.#ask(addresses(pairs), addresses(past));
  }

  async #ask(addresses: readonly string[], past: readonly string[]): Promise<void> {
    const { bridge, routed } = this.#around.table();
    const ports = [...addresses, ...past].some(isSix) ? await this.#portsToAsk() : [];
    const on = (address: string) => (isSix(address) ? ports : [routed?.port ?? bridge]);
    const lines = [
      ...past.flatMap((address) =>
        on(address).map((device) => `neigh del ${address} dev ${device}`),
      ),
      ...addresses.flatMap((address) => on(address).flatMap((device) => asking(address, device))),
    ];
    if (lines.length > 0) await this.#around.batch(ip, lines);
  }

  /**
   * What is routed to them has to go on meanwhile: they are asked as neighbours that are in doubt (`probe` of ip-neighbour(8)),
   * each by its MAC address, and stay for good who are ours still.
   */
  async #askNeighbours(port: string, pairs: readonly Pair[]): Promise<void> {
    if (pairs.some(([, address]) => isSix(address))) await this.#portsToAsk();
    const say = (state: string, [mac, address]: Pair): string =>
      `neigh replace ${address} lladdr ${mac} dev ${port} nud ${state}`;
    const known = pairs.filter(([mac]) => mac !== '');
    if (known.length === 0) return;
    const doubt = known.map((pair) => say('probe', pair));
    // Who waits for answers need not wait for what is put back.
    const settle = async (): Promise<void> => {
      await sleep(sent);
      const ours = known.filter((pair) => this.#around.isHere(pair));
      const sure = ours.map((pair) => say('permanent', pair));
      if (sure.length > 0) await this.#around.batch(ip, sure);
    };
    await this.#around.batch(ip, doubt);
    void settle();
  }

  /**
   * The bridge has no address to ask from by ND, and should have none, since it would be asked things itself. What
   * comes in by its ports is never theirs, so one of them asks with an address of its link, and is deaf. A port that is routed to
   * has the address that a cloud expects of it.
   */
  async #portsToAsk(): Promise<readonly string[]> {
    const { bridge, vxlan, local, routed } = this.#around.table();
    try {
      const text = await this.#around.read(['ip', '-j', 'link', 'show']);
      const ports = (JSON.parse(text) as readonly Link[]).filter(({ master, ifname }) =>
        routed ? ifname === routed.port : master === bridge && ifname !== vxlan,
      );
      const lines = ports.map(({ ifname, address = '' }) => {
        const from = routed ? eui64(address) : linkAddressOf(`${this.#around.space}/${local}`);
        return `address replace ${from}/64 dev ${ifname} nodad`;
      });
      // It would ask for routers.
      for (const { ifname } of ports)
        await this.#around.batch(['sysctl', '-qw', `${rsOf(ifname)}=0`], []);
      await this.#around.batch(ip, lines);
      return ports.map(({ ifname }) => ifname);
    } catch {
      return [];
    }
  }
}

const ip = ['ip', '-force', '-batch', '-'] as const;

const asking = (address: string, device: string): readonly string[] => [
  `neigh replace ${address} dev ${device} nud none`,
  `neigh replace ${address} dev ${device} use`,
];

/** Each gateway has one of its own. */
function linkAddressOf(of: string): string {
  const digits = fnv1a(of).toString(16).padStart(8, '0');
  return `fe80::6877:${digits.slice(0, 4)}:${digits.slice(4)}`;
}

/** The address of a link that is made from a MAC address (RFC 4291, appendix A). */
function eui64(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac
    .split(':')
    .map((byte) => Number.parseInt(byte, 16));
  const pair = (high: number, low: number): string => ((high << 8) | low).toString(16);
  return `fe80::${pair(a ^ 2, b)}:${pair(c, 0xff)}:${pair(0xfe, d)}:${pair(e, f)}`;
}

const rsOf = (port: string): string => `net/ipv6/conf/${port}/router_solicitations`;
