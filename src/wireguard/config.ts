import type { Secret } from '#base';
import type { Address, Endpoint, Prefix } from '#ip';

/** An address of the interface with the length of its network, as `Address = 10.0.0.2/24` says it. */
export interface InterfaceAddress {
  readonly address: Address;
  readonly length: number;
}

/** The settings of the machine itself. Those after `fwmark` are wg-quick(8)'s, the rest wg(8)'s. */
export interface WireguardInterface {
  readonly privateKey?: Secret;
  /** UDP; 0: any free port. */
  readonly listenPort?: number;
  /** 0: off. */
  readonly fwmark?: number;
  readonly address: readonly InterfaceAddress[];
  /** Name servers and search domains, in the file's order. */
  readonly dns: readonly string[];
  /** Bytes. */
  readonly mtu?: number;
  /** `off`, `auto`, or a routing table. */
  readonly table?: string;
  readonly preUp: readonly string[];
  readonly postUp: readonly string[];
  readonly preDown: readonly string[];
  readonly postDown: readonly string[];
  readonly saveConfig?: boolean;
  /** Lines written above the settings; not read back. */
  readonly comment?: string;
}

export interface WireguardPeer {
  readonly publicKey: string;
  readonly presharedKey?: Secret;
  readonly allowedIps: readonly Prefix[];
  readonly endpoint?: Endpoint;
  /** Seconds, 1 to 65535; 0: off. */
  readonly keepalive?: number;
  /** Lines written above the settings; not read back. */
  readonly comment?: string;
}

/** One configuration of wg(8) or wg-quick(8). */
export interface WireguardConfig {
  readonly interface: WireguardInterface;
  readonly peers: readonly WireguardPeer[];
}
