import { familyOf } from './address.ts';
import { evaluate } from './nft.ts';
import { type Conntrack, type Packet, viewOf } from './packet.ts';
import { addressesOn, deviceName, route, type Way } from './routing.ts';
import { carry } from './tunnel.ts';
import {
  lan,
  loopback,
  type Party,
  podDevice,
  type Terrain,
  tunnelOn,
  tunnelsOf,
  uplink,
} from './world.ts';

/** One machine on the way, and how the packet leaves it. The header may differ from hop to hop. */
export interface Hop {
  readonly machine: string;
  /** `lan` for the site's own network; absent where the packet ends. */
  readonly interface?: string;
  readonly peer?: string;
  /** Largest packet this hop lets out, in bytes. */
  readonly mtu?: number;
  readonly source: string;
  readonly destination: string;
}

const hopLimit = 64;

/** Where a packet's way ended. */
export interface End {
  readonly kind: 'arrived' | 'deny' | 'unreachable';
  readonly at: Party;
  readonly counter?: string;
  readonly why: string;
}

const isLoose = (party: Party, device: string): boolean =>
  (party.root.sysctls?.items ?? []).some(({ key, device: of, value }) => {
    if (key !== 'net.ipv4.conf.*.rp_filter' || of !== device) return false;
    const hasAddress = addressesOn(party, device).some((address) => familyOf(address) === 4);
    return value === '0' || (value === '2' && hasAddress);
  });

interface Position {
  readonly party: Party;
  /** Device it came in by; empty where it was made. */
  readonly iif: string;
}

/** One packet's way through the world. */
export class Walk {
  readonly hops: Hop[] = [];
  readonly tooLarge: string[] = [];
  readonly #terrain: Terrain;
  readonly #tracks: Conntrack;
  readonly #counted: { machine: string; counter: string }[];
  readonly #packet: Packet;
  readonly #beenAt = new Set<string>();
  /** The packet's mark, which does not leave the machine. */
  #mark = 0;

  constructor(
    terrain: Terrain,
    tracks: Conntrack,
    counted: { machine: string; counter: string }[],
    packet: Packet,
  ) {
    this.#terrain = terrain;
    this.#tracks = tracks;
    this.#counted = counted;
    this.#packet = packet;
  }

  run(start: Position): End {
    let here: Position | End = start;
    while ('party' in here) here = this.#step(here);
    return here;
  }

  #step(here: Position): Position | End {
    const { party, iif } = here;
    const known = `${party.name} ${iif}`;
    if (this.#beenAt.has(known) || this.hops.length > hopLimit) {
      return this.#lost(party, `the packet goes round in a loop at ${party.name}`);
    }
    this.#beenAt.add(known);
    this.#mark = 0;
    if (iif === '') return this.#leave(party, iif, 'output');
    const stranger = this.#fromElsewhere(party, iif);
    if (stranger) return stranger;
    const dropped = this.#filter(party, 'prerouting', iif, '');
    if (dropped) return dropped;
    const way = route(this.#terrain, party, this.#packet.destination, this.#mark);
    if (way.kind === 'local') return this.#arrive(party, iif);
    if (!this.#forwards(party, iif, way)) {
      return this.#lost(party, `${party.name} does not forward what comes in by ${iif}`);
    }
    return this.#leave(party, iif, 'forward');
  }

  /**
   * A machine may filter by reverse paths, and strictly (ip-sysctl): what comes by one of several tunnels is
   * then dropped unless answers take the same one, or the state says that this device is not to be strict.
   * IPv4 only. Loose filtering drops what comes by a device that has no address itself.
   */
  #fromElsewhere(party: Party, iif: string): End | undefined {
    const { source } = this.#packet;
    if (!party.ours || familyOf(source) !== 4 || !tunnelOn(party, iif)) return undefined;
    if (tunnelsOf(party).length === 1 || isLoose(party, iif)) return undefined;
    const back = route(this.#terrain, party, source, this.#mark);
    if (back.kind === 'out' && back.device === iif) return undefined;
    return this.#lost(party, `${party.name} has no way back by ${iif} (strict reverse path)`);
  }

  #arrive(party: Party, iif: string): End {
    const dropped = this.#filter(party, 'input', iif, '');
    if (dropped) return dropped;
    this.#hop(party, {});
    return { kind: 'arrived', at: party, why: `arrives at ${party.name}` };
  }

  /** By its own nature, by its cluster network (pods and the LAN), or because its state says so. */
  #forwards(party: Party, iif: string, way: Way): boolean {
    if (party.kind === 'router' || iif === podDevice) return true;
    // A router of others forwards what comes by its own devices anyhow.
    if (iif === lan && party.root.external) return true;
    if (iif === lan && way.kind === 'out' && way.device === podDevice) return true;
    const family = familyOf(this.#packet.destination);
    return (party.root.forwarding?.items ?? []).some(
      (item) => item.family === family && deviceName(party, item.device) === iif,
    );
  }

  #leave(party: Party, iif: string, hook: 'output' | 'forward'): Position | End {
    const way = route(this.#terrain, party, this.#packet.destination, this.#mark);
    if (way.kind === 'none') return this.#lost(party, way.why);
    if (way.kind === 'local') return this.#toSelf(party);
    const unmarked = this.#mark;
    const dropped =
      this.#filter(party, hook, iif, way.device) ??
      this.#filter(party, 'postrouting', iif, way.device);
    if (dropped) return dropped;
    if (hook === 'output' && this.#mark !== unmarked) {
      throw new Error(`model: ${party.name} marks what it sends, which is not modelled`);
    }
    return this.#send(party, way);
  }

  #toSelf(party: Party): Position | End {
    return (
      this.#filter(party, 'output', '', loopback) ??
      this.#filter(party, 'postrouting', '', loopback) ?? { party, iif: loopback }
    );
  }

  #send(party: Party, way: Extract<Way, { kind: 'out' }>): Position | End {
    switch (way.device) {
      case uplink:
        return this.#lost(party, `${party.name} sends ${this.#packet.destination} to the internet`);
      case podDevice:
        this.#hop(party, { interface: podDevice });
        return { kind: 'arrived', at: party, why: `arrives at a pod on ${party.name}` };
      case lan:
        return this.#overLan(party, way);
      default:
        return this.#overTunnel(party, way);
    }
  }

  #overLan(party: Party, way: Extract<Way, { kind: 'out' }>): Position | End {
    const next = way.next as string;
    const site = party.site;
    if (!site) throw new Error(`model: ${party.name} has no LAN`);
    const mtu = Math.min(way.mtu ?? Infinity, site.mtu ?? 1500);
    this.#hop(party, { interface: lan, mtu });
    const holder = this.#terrain.parties.get(next) ?? this.#terrain.holderOnLan(site, next);
    if (!holder) return this.#lost(party, `nobody in ${site.name} answers for ${next}`);
    return { party: holder, iif: lan };
  }

  #overTunnel(party: Party, way: Extract<Way, { kind: 'out' }>): Position | End {
    const device = way.device;
    const carried = carry(this.#terrain, party, device, this.#packet);
    const link = party.root.links?.items.find((item) => item.name === device);
    const mtu = Math.min(way.mtu ?? Infinity, link?.mtu ?? 1420);
    if (carried.kind === 'lost') {
      this.#hop(party, { interface: device, mtu });
      return this.#lost(party, carried.why);
    }
    this.#hop(party, { interface: device, mtu, peer: carried.peer });
    if (mtu > carried.room) this.tooLarge.push(party.name);
    return { party: carried.at, iif: carried.device };
  }

  #filter(party: Party, hook: string, iif: string, oif: string): End | undefined {
    const tables = party.ours ? (party.root.nft?.items ?? []) : [];
    const tracked = this.#tracks.see(party.name, this.#packet);
    const view = { ...viewOf(this.#packet, { iif, oif }, tracked), mark: this.#mark };
    const { judgement, counted, mark } = evaluate(tables, hook, view);
    this.#mark = mark ?? this.#mark;
    this.#counted.push(...counted.map((counter) => ({ machine: party.name, counter })));
    if (judgement.passes) return undefined;
    this.#hop(party, {});
    const why = `${party.name} ${judgement.rejected ? 'rejects' : 'drops'} it: ${judgement.where}`;
    const by = judgement.counter === undefined ? {} : { counter: judgement.counter };
    return { kind: 'deny', at: party, why, ...by };
  }

  #hop(party: Party, out: Pick<Hop, 'interface' | 'peer' | 'mtu'>): void {
    const { source, destination } = this.#packet;
    this.hops.push({ machine: party.name, ...out, source, destination });
  }

  #lost(party: Party, why: string): End {
    if (this.hops.at(-1)?.machine !== party.name) this.#hop(party, {});
    return { kind: 'unreachable', at: party, why };
  }
}
