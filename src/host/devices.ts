import { Address, Prefix } from '#ip';

/** A network device, as `ip -d address` shows it. */
export interface Device {
  readonly name: string;
  /** The kernel's number for it. */
  readonly index: number;
  /** `wireguard`, `tun`, `veth`...; empty for hardware. */
  readonly kind: string;
  readonly alias?: string;
  readonly group: number;
  readonly mtu: number;
  readonly up: boolean;
  /** A tunnel has none. */
  readonly mac?: string;
  /** With their lengths; those the kernel made for the link itself left out. */
  readonly addresses: readonly string[];
  /** Those of IPv6 that are of the link alone. */
  readonly linkAddresses?: readonly string[];
  /** The bridge it is on. */
  readonly master?: string;
  readonly vxlan?: VxlanData;
  readonly bridge?: BridgeData;
  readonly vlan?: { readonly tag: number; readonly parentIndex: number };
  /** What it is as a port of its bridge. */
  readonly slave?: SlaveData;
}

/** `info_data` of a VXLAN device, as ip(8) tells it. */
interface VxlanData {
  readonly id: number;
  readonly local?: string;
  readonly local6?: string;
  readonly port: number;
  readonly learning: boolean;
}

/** `info_data` of a bridge; what the kernel cannot do is not told. */
interface BridgeData {
  readonly mcast_snooping?: number;
  readonly stp_state?: number;
  readonly vlan_filtering?: number;
}

/** `info_slave_data` of a port of a bridge (bridge(8)). */
interface SlaveData {
  readonly learning?: boolean;
  readonly flood?: boolean;
  readonly mcast_flood?: boolean;
  readonly bcast_flood?: boolean;
  readonly neigh_suppress?: boolean;
}

/** Letters of a MAC address. */
const macLength = 17;

/** Whether it carries frames of Ethernet: a tunnel has no MAC address, or one of another length. */
export const isEthernet = ({ mac }: Device): boolean => mac?.length === macLength;

/** The devices of one namespace. */
export class Devices {
  readonly all: readonly Device[];
  readonly #byName: ReadonlyMap<string, Device>;

  constructor(all: readonly Device[]) {
    this.all = all;
    this.#byName = new Map(all.map((device) => [device.name, device]));
  }

  get(name: string): Device | undefined {
    return this.#byName.get(name);
  }

  /** The same as if a device had that alias. */
  withAlias(name: string, alias: string): Devices {
    return new Devices(this.all.map((one) => (one.name === name ? { ...one, alias } : one)));
  }

  /** The device with that address. */
  holding(address: string): Device | undefined {
    return this.all.find((device) =>
      device.addresses.some((held) => held.slice(0, held.indexOf('/')) === address),
    );
  }

  /** The device on whose own network that address lies; the longest prefix decides. */
  towards(address: string): Device | undefined {
    const wanted = Address.tryParse(address);
    if (!wanted) return undefined;
    let best: { readonly device: Device; readonly length: number } | undefined;
    for (const device of this.all) {
      for (const held of device.addresses) {
        const length = connectedLength(held, wanted);
        if (length > (best?.length ?? -1)) best = { device, length };
      }
    }
    return best?.device;
  }
}

/** Length of the connected prefix of a held address if it contains the other, else -1. */
function connectedLength(held: string, wanted: Address): number {
  const [text = '', length = ''] = held.split('/');
  const address = Address.tryParse(text);
  if (!address || address.family !== wanted.family) return -1;
  const prefix = Prefix.of(address, Number(length));
  return prefix.contains(wanted) ? prefix.length : -1;
}

interface LinkJson {
  readonly ifname: string;
  readonly ifindex: number;
  readonly mtu: number;
  readonly address?: string;
  readonly flags: readonly string[];
  readonly group?: string;
  readonly ifalias?: string;
  readonly master?: string;
  /** What it lies on, where that is in another namespace. */
  readonly link_index?: number;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: unknown;
    readonly info_slave_data?: SlaveData;
  };
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

const isOfLink = ({
  family,
  scope,
}: {
  readonly family: string;
  readonly scope: string;
}): boolean => family === 'inet6' && scope === 'link';

const textOf = ({ local, prefixlen }: { readonly local: string; readonly prefixlen: number }) =>
  `${local}/${prefixlen}`;

/** Reads `ip -N -j -d address show`. */
export function readDevices(links: readonly LinkJson[]): Devices {
  return new Devices(
    links.map((link) => ({
      name: link.ifname,
      index: link.ifindex,
      kind: link.linkinfo?.info_kind ?? '',
      ...(link.ifalias !== undefined && { alias: link.ifalias }),
      group: link.group === undefined || link.group === 'default' ? 0 : Number(link.group),
      mtu: link.mtu,
      up: link.flags.includes('UP'),
      ...(link.address !== undefined && { mac: link.address }),
      addresses: (link.addr_info ?? []).filter((one) => !isOfLink(one)).map(textOf),
      linkAddresses: (link.addr_info ?? []).filter(isOfLink).map(textOf),
      ...(link.master !== undefined && { master: link.master }),
      ...(link.linkinfo?.info_kind === 'vxlan' && { vxlan: link.linkinfo.info_data as VxlanData }),
      ...(link.linkinfo?.info_kind === 'bridge' && {
        bridge: link.linkinfo.info_data as BridgeData,
      }),
      ...(link.linkinfo?.info_kind === 'vlan' && {
        vlan: {
          tag: (link.linkinfo.info_data as { readonly id: number }).id,
          parentIndex: link.link_index ?? 0,
        },
      }),
      ...(link.linkinfo?.info_slave_data && { slave: link.linkinfo.info_slave_data }),
    })),
  );
}
