import { formatPlace, HawserError, type Place, plainFinding } from '#base';
import type { Prefix } from '#ip';
import type { Report } from './document.ts';
import { errors } from './errors.ts';
import { Names } from './names.ts';
import type { Router, Segment, Ssh } from './network.ts';
import type { Text } from './origin.ts';
import type { DraftStation } from './sections/stations.ts';
import type { PoolProposal } from './segments/propose.ts';

/** A range that belongs to one thing of the network, as all others see it. */
export interface Claimed {
  readonly prefix: Prefix;
  readonly what: string;
  readonly place: Place;
}

export interface Defaults {
  readonly port: number;
  readonly keepalive: number;
  readonly interface: string;
  readonly ssh: Ssh;
}

interface Claim {
  readonly owner: string;
  readonly what: string;
  readonly place: Place;
}

/** What the sections share while they read: names, claims, and where to report. */
export class Draft {
  readonly report: Report;
  readonly names: Names;
  readonly ranges: Claimed[] = [];
  readonly tags = new Set<string>();
  /** What machines are reached over, by their names. */
  readonly jumps = new Map<string, Text>();
  /** The machines of all segments, as read with their sites. */
  readonly stations: DraftStation[] = [];
  readonly proposals: PoolProposal[] = [];
  /** As read, for the routers that lead out of them; and those, for tests. */
  segments: readonly Segment[] = [];
  routers: readonly Router[] = [];
  /** Routers by the namespaces of others in which they are. */
  readonly externals = new Map<string, string>();
  network = '';
  overlay: readonly Prefix[] = [];
  defaults: Defaults = { port: 51820, keepalive: 25, interface: 'wg0', ssh: {} };
  readonly #claims = {
    address: new Map<string, Claim>(),
    endpoint: new Map<string, Claim>(),
    key: new Map<string, Claim>(),
    mac: new Map<string, Claim>(),
  };

  constructor(report: Report) {
    this.report = report;
    this.names = new Names(report);
  }

  /** Runs a strict parser; what it throws becomes a finding at the text's place. */
  parse<T>({ text, place }: Text, parser: (text: string) => T): T | undefined {
    try {
      return parser(text);
    } catch (error) {
      if (!(error instanceof HawserError)) throw error;
      this.report({ ...plainFinding(error), place, text });
      return undefined;
    }
  }

  claimAddress(address: string, owner: string, what: string, place: Place): void {
    const taken = this.#claim('address', address, { owner, what, place });
    if (!taken) return;
    const args = { address, what: taken.what, other: taken.owner, first: formatPlace(taken.place) };
    this.report(errors.diagnostic('spec/address-twice', args, { place, text: address }));
  }

  claimEndpoint(endpoint: string, owner: string, place: Place): void {
    const taken = this.#claim('endpoint', endpoint, { owner, what: 'endpoint', place });
    if (!taken) return;
    const args = { endpoint, other: taken.owner, first: formatPlace(taken.place) };
    this.report(errors.diagnostic('spec/endpoint-twice', args, { place, text: endpoint }));
  }

  claimKey(key: string, owner: string, place: Place): void {
    const taken = this.#claim('key', key, { owner, what: 'key', place });
    if (!taken) return;
    const args = { other: taken.owner, first: formatPlace(taken.place) };
    this.report(errors.diagnostic('spec/key-twice', args, { place, text: key }));
  }

  claimMac(mac: string, owner: string, place: Place): void {
    const taken = this.#claim('mac', mac, { owner, what: 'MAC address', place });
    if (!taken) return;
    const args = { mac, other: taken.owner, first: formatPlace(taken.place) };
    this.report(errors.diagnostic('spec/mac-twice', args, { place, text: mac }));
  }

  #claim(
    kind: 'address' | 'endpoint' | 'key' | 'mac',
    value: string,
    claim: Claim,
  ): Claim | undefined {
    const taken = this.#claims[kind].get(value);
    if (!taken) this.#claims[kind].set(value, claim);
    return taken;
  }
}
