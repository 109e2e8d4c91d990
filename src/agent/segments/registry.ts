import { Address, Prefix } from '#ip';
import type { FdbEntry, Neighbour, Table } from '#state';
import { type Element, highestVersion, isMac } from './element.ts';
import { Elements } from './elements.ts';

/** What a gateway can know of its own site, and of each other one; more than that is not listened to. */
export const mostElements = 65_536;

/** Taken over from each other so often within so many ms, something is at two places. */
const flips = { most: 3, within: 20_000 } as const;

/** ms that a conflict is told of after it was seen last. */
const told = 60_000;

/** Two places that claim one address, or one MAC address. */
export interface Conflict {
  /** The address, or MAC address. */
  readonly of: string;
  /** What each place is called: a site. */
  readonly sites: readonly [string, string];
  /** Of an IP address: the machines that have it there, as far as known. */
  readonly macs?: readonly [string | undefined, string | undefined];
  /** Whose it is by the file and where, if that stands against it. */
  readonly file?: string;
}

/** Who is where, for one MAC or IP address. */
export interface Holder {
  /** Empty: on our own port. */
  readonly at: string;
  readonly mac: string;
}

/** What a machine on our own port wants to have and another gateway has. */
export interface Claim {
  readonly of: readonly string[];
  readonly mac: string;
  readonly at: string;
}

/** What a sight of a machine changes at once, and what it takes a word of another gateway for. */
export interface Sighting {
  readonly news: readonly string[];
  readonly claim?: Claim;
}

/** How many machines of a segment its gateway knows. */
export interface Machines {
  readonly here: number;
  readonly elsewhere: number;
}

interface Pin extends Holder {
  readonly name: string;
}

/** What the file says: of the machines here, and of those behind other gateways. */
export interface Known {
  readonly table: Table;
  readonly fdb: readonly FdbEntry[];
  readonly neighbours: readonly Neighbour[];
  /** What is for all goes to the other gateways as well. */
  readonly floods?: boolean;
}

/**
 * Who is where in one segment, as its gateway knows it: what the file says, what is seen on its own port, and
 * what other gateways say of theirs. The file decides; else whoever saw it last. Pure but for its memory.
 */
export class Registry {
  readonly #now: () => number;
  #known: Known;
  #pins: ReadonlyMap<string, Pin> = new Map();
  #subnets: readonly Prefix[] = [];
  readonly #own = new Elements();
  readonly #others = new Map<string, Elements>();
  /** When an address was taken over by this place, ms. */
  readonly #taken = new Map<string, number[]>();
  /** What was taken over from gateways that said nothing to it. */
  readonly #unheard = new Map<string, string>();
  readonly #conflicts = new Map<string, Conflict & { readonly until: number }>();

  constructor(known: Known, now: () => number) {
    this.#now = now;
    this.#known = known;
    this.follow(known);
  }

  /** The file says something else now. What is no longer so is forgotten. */
  follow(known: Known): void {
    this.#known = known;
    this.#pins = pinsOf(known);
    this.#subnets = known.table.subnets.map((text) => Prefix.parse(text));
    const peers = new Set(known.table.peers.map(({ address }) => address));
    for (const at of this.#others.keys()) if (!peers.has(at)) this.#others.delete(at);
    for (const of of this.#own.all.keys()) if (this.#pins.has(of)) this.#own.delete(of);
  }

  /** Addresses of the segment; and what machines of IPv6 call their routers by. */
  isAddress(text: unknown): text is string {
    if (typeof text !== 'string' || text.length > 45) return false;
    const address = Address.tryParse(text);
    return (
      address !== undefined &&
      String(address) === text &&
      this.#subnets.some((subnet) => subnet.contains(address))
    );
  }

  /** What is told to the other gateways. */
  get own(): ReadonlyMap<string, Element> {
    return this.#own.all;
  }

  get conflicts(): readonly Conflict[] {
    const now = this.#now();
    for (const [of, { until }] of this.#conflicts) if (until < now) this.#conflicts.delete(of);
    return [...this.#conflicts.values()].map(({ until: _, ...conflict }) => conflict);
  }

  /** A frame of this machine came in by our own port, or an answer of it. */
  seen(mac: string, address?: string): Sighting {
    if (!isMac(mac)) return { news: [] };
    const isFree = address !== undefined && this.isAddress(address) && this.#mayHave(mac, address);
    const heard = isFree ? [address] : [];
    const rival = this.#rivalFor(mac);
    // Whoever moves takes its addresses along, before it says so.
    if (rival) return this.#contest(mac, [...this.#elsewhere(mac), ...heard], mac, rival);
    const news = [mac, ...heard].filter((of) => !this.#rivalFor(of) && this.#take(of, mac));
    const other = heard.map((of) => this.#rivalFor(of)).find((at) => at !== undefined);
    if (address === undefined || !other) return { news };
    return { ...this.#contest(address, [], mac, other), news };
  }

  /** The other gateway that has it. */
  #rivalFor(of: string): string | undefined {
    return this.#pins.has(of) || this.#own.has(of) ? undefined : this.#strongest(of)?.at;
  }

  /** Who takes it over again and again shares it with somebody: it stays where it is for a while. */
  #contest(of: string, more: readonly string[], mac: string, at: string): Sighting {
    if (!this.#mayTake(of, at)) return { news: [] };
    return { news: [], claim: { of: [...new Set([of, ...more])], mac, at } };
  }

  /** A machine on our own port has it from now on, since the gateway that had it let it go, or said nothing. */
  takeOver(of: string, { mac, at }: Claim): readonly string[] {
    const isHeld = this.#rivalFor(of) === at;
    const isWithMachine = of === mac || this.#own.has(mac);
    if (!isWithMachine || !this.#take(of, mac)) return [];
    this.#countTaken(of);
    if (isHeld) this.#unheard.set(of, at);
    return [of];
  }

  /** It was taken over from that gateway, which said nothing: as soon as it does, it is right. */
  isUnheard(of: string, at: string): boolean {
    return this.#unheard.get(of) === at;
  }

  /** It is at our own port and at that gateway's, which both were asked. */
  contested(of: string, holder: string, claimant: string, mac?: string): void {
    const sites = [this.#siteOf(holder), this.#siteOf(claimant)] as const;
    const known = !isMac(of) && mac !== undefined && isMac(mac);
    this.#conflict(of, { sites, ...(known && { macs: [this.holder(of)?.mac, mac] as const }) });
  }

  /** A machine of the file has the addresses that it has there, and no others. */
  #mayHave(mac: string, address: string): boolean {
    return !this.#pins.has(mac) || this.#pins.has(address);
  }

  /** Addresses that a machine had at other gateways. */
  #elsewhere(mac: string): readonly string[] {
    return [...this.#others.values()].flatMap((table) =>
      table.has(mac) ? table.addressesOf(mac) : [],
    );
  }

  #take(of: string, mac: string): boolean {
    const pin = this.#pins.get(of);
    if (pin) {
      if (pin.at !== '' || pin.mac !== mac) this.#isPinned(of, pin, '');
      return false;
    }
    const own = this.#own.get(of);
    if (own?.mac === mac) return false;
    if (!own && this.#own.all.size >= mostElements) return false;
    if (own && !this.#mayTake(of, '')) return false;
    if (own) this.#countTaken(of);
    const version = own?.version ?? (this.#strongest(of)?.element.version ?? -1) + 1;
    this.#own.set({ of, mac, version: Math.min(version, highestVersion) });
    return true;
  }

  #isPinned(of: string, { at, mac, name }: Pin, seenAt: string): void {
    const sites = [this.#siteOf(at), this.#siteOf(seenAt)] as const;
    const member = this.#memberAt(at);
    // Of machines at other sites a state has no names.
    const machine = name === of || name === mac ? 'a machine' : `machine \`${name}\``;
    const file = member === undefined ? `${machine} at site ${sites[0]}` : `member \`${member}\``;
    this.#conflict(of, { sites, file });
  }

  #takenLately(of: string): readonly number[] {
    const since = this.#now() - flips.within;
    return (this.#taken.get(of) ?? []).filter((time) => time > since);
  }

  #countTaken(of: string): void {
    this.#taken.set(of, [...this.#takenLately(of), this.#now()]);
    if (this.#taken.size > mostElements) this.#taken.clear();
  }

  #mayTake(of: string, at: string): boolean {
    if (this.#takenLately(of).length < flips.most) return true;
    this.contested(of, at, '');
    return false;
  }

  #conflict(of: string, what: Omit<Conflict, 'of'>): void {
    this.#conflicts.set(of, { of, ...what, until: this.#now() + told });
  }

  #siteOf(at: string): string {
    const { site, peers } = this.#known.table;
    if (at === '') return site;
    return peers.find(({ address }) => address === at)?.site ?? this.#memberAt(at) ?? at;
  }

  #memberAt(at: string): string | undefined {
    return this.#known.table.alone?.find(({ address }) => address === at)?.name;
  }

  /** It is no longer here; gives what is to be told. */
  gone(of: string): readonly string[] {
    this.#unheard.delete(of);
    return this.#own.delete(of) ? [of] : [];
  }

  /** The addresses of a machine here. */
  addressesOf(mac: string): readonly string[] {
    return this.#own.addressesOf(mac);
  }

  /** Another gateway tells what is on its port and what no longer; gives what that concerns. */
  hear(at: string, put: readonly Element[], del: readonly string[]): readonly string[] {
    const table = this.#others.get(at) ?? new Elements();
    this.#others.set(at, table);
    for (const of of del) table.delete(of);
    const concerned = [...del];
    for (const element of put) {
      if (!this.#isSound(element) || (table.all.size >= mostElements && !table.has(element.of)))
        continue;
      const pin = this.#pins.get(element.of);
      if (pin) {
        if (pin.at !== at || pin.mac !== element.mac) this.#isPinned(element.of, pin, at);
        continue;
      }
      table.set(element);
      concerned.push(element.of);
      this.#yield(at, element);
    }
    return concerned;
  }

  /** All that another gateway knows, instead of what it said before. */
  hearAll(at: string, elements: readonly Element[]): readonly string[] {
    const before = [...(this.#others.get(at)?.all.keys() ?? [])];
    this.#others.set(at, new Elements());
    return [...new Set([...before, ...this.hear(at, elements, [])])];
  }

  #isSound({ of, mac, version }: Element): boolean {
    const isNumber = Number.isSafeInteger(version) && version >= 0 && version <= highestVersion;
    if (!isNumber || !isMac(mac)) return false;
    return of === mac || (this.isAddress(of) && this.#mayHave(mac, of));
  }

  /** What another gateway saw later than we is there, and no longer ours. */
  #yield(at: string, element: Element): void {
    const own = this.#own.get(element.of);
    if (!own) return;
    const isLater = element.version > own.version;
    const isTie = element.version === own.version && at < this.#known.table.local;
    if (isLater || isTie) this.gone(element.of);
  }

  #strongest(of: string): { readonly at: string; readonly element: Element } | undefined {
    let best: { at: string; element: Element } | undefined;
    for (const [at, table] of this.#others) {
      const element = table.get(of);
      if (element && (!best || element.version > best.element.version)) best = { at, element };
    }
    return best;
  }

  /** Who has it now; undefined: nobody knows. */
  holder(of: string): Holder | undefined {
    const pin = this.#pins.get(of);
    if (pin) return pin;
    const own = this.#own.get(of);
    if (own) return { at: '', mac: own.mac };
    const other = this.#strongest(of);
    return other && { at: other.at, mac: other.element.mac };
  }

  /** Who has it beside what the file says; undefined: the file says it, or nobody knows. */
  learnt(of: string): Holder | undefined {
    return this.#pins.has(of) ? undefined : this.holder(of);
  }

  /** How many machines, by MAC address, are known of the file or by sight: on our own port, and behind other gateways. */
  get machines(): Machines {
    const pinned = [...this.#pins].filter(([of]) => isMac(of));
    const macsIn = (table: Elements): readonly string[] => [...table.all.keys()].filter(isMac);
    const here = new Set(macsIn(this.#own));
    for (const [mac, { at }] of pinned) if (at === '') here.add(mac);
    const elsewhere = new Set([...this.#others.values()].flatMap(macsIn));
    for (const [mac, { at }] of pinned) if (at !== '') elsewhere.add(mac);
    return { here: here.size, elsewhere: elsewhere.difference(here).size };
  }

  /** Everything that any gateway said. */
  get all(): ReadonlySet<string> {
    return new Set([...this.#others.values()].flatMap((table) => [...table.all.keys()]));
  }
}

function pinsOf({ table, fdb, neighbours }: Known): ReadonlyMap<string, Pin> {
  const far = fdb.map(({ mac, to }) => [mac, { at: to, mac, name: mac }] as const);
  const places = new Map(far);
  const addresses = neighbours.map(({ address, mac }) => {
    const at = places.get(mac)?.at ?? '';
    return [address, { at, mac, name: address }] as const;
  });
  const own = table.own.flatMap(({ name, mac, addresses: all }) =>
    [mac, ...all].map((of) => [of, { at: '', mac, name }] as const),
  );
  return new Map([...far, ...addresses, ...own]);
}
