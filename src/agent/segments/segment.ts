import { randomUUID } from 'node:crypto';
import type { Announcement, Run } from '#host';
import { type Change, type ItemTypes, idOf, type Table } from '#state';
import type { Pair } from './asking.ts';
import { Disputes } from './disputes.ts';
import type { Element } from './element.ts';
import type { Exchange } from './exchange.ts';
import {
  changeOf,
  type Learned,
  type LearnedFacility,
  learnedFacilities,
  noItems,
} from './learned.ts';
import { Leases } from './leases.ts';
import { Log, type Part } from './log.ts';
import { type Conflict, type Known, type Machines, mostElements, Registry } from './registry.ts';
import { Seldom } from './seldom.ts';
import { Sight } from './sight.ts';
import { Silence } from './silence.ts';
import { announcementsOf, isNothing, type Told, toldOf } from './told.ts';

/** ms: one address is asked for no oftener than that. */
const again = 700;

/** Addresses that are probed within `again` at most. */
const mostProbes = 64;
/**
 * Parts of another gateway's table that are kept until its last has come: 150,000 elements (`mostInPart`), more than a
 * site has. Who goes on without an end is hung up on, and begins anew.
 */
const mostParts = 300;

export interface Around {
  readonly run: Run;
  /** Where a DHCP server of ours remembers whom it gave addresses. */
  readonly leases: string;
  readonly exchange: () => Exchange | undefined;
  /** What the kernel should know changed. */
  readonly changed: () => void;
}

/** What a kernel, and machines on the port, are to be told. */
interface Taken {
  readonly changes: readonly Change[];
  readonly announcements: readonly Announcement[];
  /** What somebody asked for a moment ago, and waits for. */
  readonly answers: readonly Announcement[];
}

/** One segment on its gateway: what is seen and heard becomes what the kernel is to know. */
export class SegmentTable {
  readonly space: string;
  readonly #around: Around;
  readonly #registry: Registry;
  readonly #log: Log;
  readonly #sight: Sight;
  #table: Table;
  #floods: boolean;
  /** What the kernel was told, by the address that it is about. */
  readonly #told = new Map<string, Told>();
  /** Where machines on the port find an address, as they were told or found out. */
  readonly #answers = new Map<string, readonly Announcement[]>();
  /** The same by what items are called. */
  readonly #byId = noItems();
  /** What changed since the kernel was told. */
  readonly #dirty = new Set<string>();
  /** Whose frames the bridge sends to our port, by its name, though they are elsewhere. */
  readonly #strays = new Map<string, string>();
  /** Elements of a whole table that is still coming in, by gateway. */
  readonly #coming = new Map<string, Part[]>();
  readonly #heard = new Map<string, [id: string, seq: number]>();
  readonly #asked = new Seldom(again, mostProbes);
  readonly #probed = new Seldom(again, mostProbes);
  readonly #disputes: Disputes;
  readonly #silence: Silence;
  readonly #leases: Leases;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(space: string, known: Known, around: Around) {
    this.space = space;
    this.#around = around;
    this.#table = known.table;
    this.#floods = known.floods ?? false;
    this.#registry = new Registry(known, () => performance.now());
    this.#log = new Log(known.table.segment, randomUUID());
    this.#sight = new Sight(space, known.table, around.run, {
      here: (mac, address) => this.#here(mac, address),
      silent: (mac) => this.#silence.machine(mac),
      asked: (address) => this.#wanted(address),
      isHere: ([mac, of]) => {
        const holder = this.#registry.holder(of);
        return holder?.at === '' && holder.mac === mac;
      },
      strayed: (mac, port) => this.#strayed(mac, port),
      looked: (heard) => {
        this.#silence.all(heard);
        around.exchange()?.flush();
        around.changed();
      },
    });
    const parts = {
      registry: this.#registry,
      sight: this.#sight,
      concern: (keys: readonly string[]) => this.#concern(keys),
      later: (delay: number, act: () => void) => this.#later(delay, act),
    };
    this.#disputes = new Disputes({
      ...parts,
      segment: this.segment,
      say: (at, message) => around.exchange()?.say(at, message),
    });
    this.#silence = new Silence(parts);
    this.#leases = new Leases(around.leases, (mac, address) => this.#here(mac, address));
  }

  get log(): Log {
    return this.#log;
  }

  /** What was there before is known: half a table would take the rest of it from others. */
  get mayTell(): boolean {
    return this.#sight.hasLooked || this.#sight.isBlind;
  }

  get segment(): string {
    return this.#table.segment;
  }

  get site(): string {
    return this.#table.site;
  }

  get table(): Table {
    return this.#table;
  }

  get disputes(): Disputes {
    return this.#disputes;
  }

  get conflicts(): readonly Conflict[] {
    return this.#registry.conflicts;
  }

  get machines(): Machines {
    return this.#registry.machines;
  }

  /** Machines on our own port that no file names, with each of their addresses. */
  get unnamed(): readonly Pair[] {
    return [...this.#registry.own.values()].flatMap(({ of, mac }): readonly Pair[] =>
      of === mac ? [] : [[mac, of]],
    );
  }

  /** Which of these answer on our own port within ms, though it may be known that they are there. */
  answering(pairs: readonly Pair[], ms: number): Promise<readonly Pair[]> {
    return this.#sight.answering(pairs, ms);
  }

  /** Up to where another gateway was heard. */
  heardOf(at: string): [id: string, seq: number] | undefined {
    return this.#heard.get(at);
  }

  hasPeer(at: string): boolean {
    return this.#table.peers.some(({ address }) => address === at);
  }

  follow(known: Known): void {
    const before = [...this.#registry.all, ...this.#registry.own.keys()];
    this.#table = known.table;
    this.#floods = known.floods ?? false;
    this.#registry.follow(known);
    for (const at of this.#heard.keys()) if (!this.hasPeer(at)) this.#heard.delete(at);
    this.#concern(before);
    this.#sight.follow(known.table);
  }

  /** Its namespace may be another than it was. */
  watch(): void {
    this.#sight.follow(this.#table);
  }

  /** Does not keep a namespace alive that has lost its name. */
  letGo(): void {
    this.#sight.letGo();
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#sight.stop();
    this.#leases.stop();
  }

  #later(delay: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delay);
    this.#timers.add(timer);
  }

  /** These may be elsewhere than they were: others are told of ours, and the kernel of theirs. */
  #concern(keys: readonly string[]): void {
    if (keys.length === 0) return;
    for (const of of keys) {
      this.#log.note(of, this.#registry.own.get(of));
      this.#dirty.add(of);
    }
    // Whoever waits elsewhere sends at once when he is told: our own kernel has to know first.
    if (!keys.some((of) => this.#probed.has(of))) this.#around.exchange()?.flush();
    this.#around.changed();
  }

  #here(mac: string, address?: string): void {
    const { news, claim } = this.#registry.seen(mac, address);
    this.#concern(news);
    // What is read late may be of before it moved away; the bridge tells of each that comes.
    const isOld = claim?.of.includes(mac) && !this.#sight.isThere(mac);
    if (claim && !isOld) this.#disputes.claim(claim);
  }

  /** An entry of the file, or of another gateway, followed its machine to our port. */
  #strayed(mac: string, port: string): void {
    const holder = this.#registry.holder(mac);
    if (holder?.at) {
      this.#strays.set(mac, port);
      this.#around.changed();
    } else void this.#sight.loosen(mac, port);
  }

  /** Somebody here asks for an address: where nobody knows it, the other gateways look. */
  #wanted(address: string): void {
    if (!this.#registry.isAddress(address) || this.#registry.holder(address)) return;
    // Of many questions those that nobody needs to be asked leave room for others.
    if (!this.#asked.takes(address)) return;
    for (const { address: at } of this.#table.peers) {
      const addresses = [address];
      this.#around.exchange()?.say(at, { type: 'ask', segment: this.segment, addresses });
    }
  }

  /** Another gateway asks for addresses: what is here is said again, what may be here is looked for. */
  asked(addresses: readonly string[]): void {
    const sound = addresses.filter((one) => this.#registry.isAddress(one));
    const own = sound.filter((one) => this.#registry.own.has(one));
    for (const of of own) this.#log.put(of, this.#registry.own.get(of));
    if (own.length > 0) this.#around.exchange()?.flush();
    const unknown = sound.filter((one) => !this.#registry.holder(one) && this.#probed.takes(one));
    if (unknown.length > 0) void this.#sight.probe(unknown);
  }

  /** Another gateway tells a part of its table. Gives whether it follows from what it told before. */
  hear(at: string, part: Part): boolean {
    const [id, seq] = this.#heard.get(at) ?? ['', 0];
    if (part.from === 0 || this.#coming.has(at)) return this.#hearWhole(at, part);
    if (part.id !== id || part.from !== seq) return false;
    this.#heard.set(at, [id, part.to]);
    const elements = elementsOf(part);
    this.#learnOf(elements, () => this.#registry.hear(at, elements, part.del));
    return true;
  }

  #hearWhole(at: string, part: Part): boolean {
    const before = part.from === 0 ? [] : (this.#coming.get(at) ?? []);
    const last = before.at(-1);
    const parts = [...before, part];
    if (last && (last.to !== part.from || last.id !== part.id)) {
      this.#coming.delete(at);
      return false;
    }
    if (part.more) {
      this.#coming.set(at, parts);
      return parts.length <= mostParts;
    }
    this.#coming.delete(at);
    this.#heard.set(at, [part.id, part.to]);
    const elements = parts.flatMap(elementsOf);
    this.#learnOf(elements, () => this.#registry.hearAll(at, elements));
    this.#around.changed();
    return true;
  }

  /** What was ours and is another's now is looked for once more: if it is still here, that is disputed. */
  #learnOf(elements: readonly Element[], hear: () => readonly string[]): void {
    const { own } = this.#registry;
    const had = elements.flatMap(({ of }) => own.get(of) ?? []);
    this.#concern(hear());
    const lost = had.filter(({ of, mac }) => of !== mac && !own.has(of));
    this.#silence.lookFor(lost.map(({ mac, of }): Pair => [mac, of]));
    this.#disputes.settle();
  }

  /** Begins anew with what another gateway says. */
  lost(at: string): void {
    this.#coming.delete(at);
    this.#heard.delete(at);
  }

  /** What the kernel is to be told now, and forgets that it is to be. */
  take(): Taken {
    const answers = [...this.#dirty].flatMap((of) => this.#answered(of));
    const announcements = [...this.#dirty].flatMap((of) => this.#moved(of));
    const changes = [...this.#dirty].flatMap((of) => this.#tell(of));
    const strays = [...this.#strays].flatMap(([mac, port]) => this.#back(mac, port));
    this.#dirty.clear();
    this.#strays.clear();
    return { changes: [...changes, ...strays], announcements, answers };
  }

  /**
   * Who asked for an address that nobody knew asks again after a second (RFC 1122, 2.3.2.1; RFC 4861, 10): it is told before, where its
   * own question did not go to the other sites.
   */
  #answered(of: string): readonly Announcement[] {
    const holder = this.#registry.learnt(of);
    const isNews = !this.#told.has(of) && holder !== undefined && holder.at !== '';
    return isNews && !this.#floods && this.#asked.has(of)
      ? announcementsOf(of, holder, this.#table)
      : [];
  }

  /** Who has talked to it remembers where it was. */
  #moved(of: string): readonly Announcement[] {
    const after = announcementsOf(of, this.#registry.learnt(of), this.#table);
    // Nobody may have it for the moment in which it goes from one place to the other.
    if (after.length === 0) return [];
    const before = this.#answers.get(of) ?? after;
    if (this.#answers.size >= mostElements) this.#answers.clear();
    this.#answers.set(of, after);
    return after.filter((one) => {
      const was = before.find(({ device }) => device === one.device);
      return was?.mac !== one.mac || (was?.isNear && !one.isNear);
    });
  }

  /** Sends frames for a machine to where it is, once more. */
  #back(mac: string, port: string): readonly Change[] {
    const to = this.#registry.holder(mac)?.at;
    const { vxlan: device } = this.#table;
    if (to) return changeOf(this.space, 'fdb', undefined, { device, mac, to });
    void this.#sight.loosen(mac, port);
    return [];
  }

  #tell(of: string): readonly Change[] {
    const before = this.#told.get(of);
    const after = toldOf(of, this.#registry.learnt(of), this.#table);
    this.#told.set(of, after);
    if (isNothing(after)) this.#told.delete(of);
    return learnedFacilities.flatMap((facility) =>
      this.#put(facility, before?.[facility] ?? [], after[facility]),
    );
  }

  #put<F extends LearnedFacility>(
    facility: F,
    before: readonly ItemTypes[F][],
    after: readonly ItemTypes[F][],
  ): readonly Change[] {
    const byId: Map<string, ItemTypes[F]> = this.#byId[facility];
    const [old, now] = [before, after].map(
      (items) => new Map(items.map((item) => [idOf[facility](item), item])),
    ) as [Map<string, ItemTypes[F]>, Map<string, ItemTypes[F]>];
    for (const id of old.keys()) byId.delete(id);
    for (const [id, item] of now) byId.set(id, item);
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) =>
      changeOf(this.space, facility, old.get(id), now.get(id)),
    );
  }

  /** All of it as it is now, and as it goes on to be, for whoever looks at the whole. */
  get learned(): Learned {
    const isHeard = this.#table.peers.every(({ address }) => this.#heard.has(address));
    return { ...this.#byId, settled: isHeard && this.#sight.hasLooked };
  }
}

const elementsOf = ({ put }: Part) => put.map(([of, mac, version]) => ({ of, mac, version }));
