import { familyOf, same } from './address.ts';
import type { Protocol } from './fields.ts';
import { answerTo, Conntrack, errorAbout, firstPacket, type Packet } from './packet.ts';
import { localAddresses, route, sourceFor } from './routing.ts';
import { type End, type Hop, Walk } from './walk.ts';
import { type Party, podDevice, Terrain, type World } from './world.ts';

export type { Hop } from './walk.ts';
export type { World } from './world.ts';

export interface Question {
  readonly from: string;
  readonly source?: string;
  readonly destination: string;
  readonly protocol: Protocol;
  readonly port?: number;
}

export interface WalkResult {
  /** allow: arrives and is answered. deny: a filter stops it. unreachable: there is no way. */
  readonly verdict: 'allow' | 'deny' | 'unreachable';
  readonly hops: readonly Hop[];
  readonly back: readonly Hop[];
  /** The machine where a filter stopped it, and the counter of the rule that did. */
  readonly deniedBy?: { readonly machine: string; readonly counter?: string };
  /** Every count, in order. */
  readonly counted: readonly { readonly machine: string; readonly counter: string }[];
  /** Largest packet that comes through, in bytes, of the way there. */
  readonly mtu: number;
  /** Hops that hand out packets larger than the networks beneath their tunnel carry. */
  readonly tooLarge: readonly string[];
  /** Machines on the way whose "fragmentation needed" does not reach the sender. */
  readonly silent: readonly string[];
  readonly reason: string;
}

/** Follows a packet and its answer. Throws on anything in the states that it does not understand. */
export const walk = (world: World, question: Question): WalkResult =>
  walkOn(new Terrain(world), question);

/** Like `walk`, for many walks in one world. */
export function walkOn(terrain: Terrain, question: Question): WalkResult {
  const start = startOf(terrain, question);
  return typeof start === 'string' ? noWalk(start) : new Exchange(terrain, start).result();
}

/** A flow that began in one world and goes on in another, such as the same network after an edit. */
export function goOn(before: Terrain, after: Terrain, question: Question): WalkResult {
  const start = startOf(before, question);
  if (typeof start === 'string') return noWalk(start);
  const tracks = new Conntrack();
  new Exchange(before, start, tracks).result();
  return new Exchange(after, { ...start, from: after.party(question.from) }, tracks).result();
}

interface Start {
  readonly from: Party;
  readonly packet: Packet;
}

function startOf(terrain: Terrain, question: Question): Start | string {
  const { destination, protocol, port } = question;
  const from = terrain.party(question.from);
  const source = question.source ?? chosenSource(terrain, from, destination);
  if (source !== undefined)
    return { from, packet: firstPacket(source, destination, protocol, port) };
  return `${from.name} has no IPv${familyOf(destination)} address to reach ${destination} from`;
}

function chosenSource(terrain: Terrain, from: Party, target: string): string | undefined {
  const way = route(terrain, from, target);
  if (way.kind === 'local') return target;
  return way.kind === 'out' ? sourceFor(from, way, target) : undefined;
}

const noWalk = (reason: string): WalkResult => ({
  verdict: 'unreachable',
  hops: [],
  back: [],
  counted: [],
  mtu: 0,
  tooLarge: [],
  silent: [],
  reason,
});

/** The packet, its answer, the one after that, and the errors the way may send. */
class Exchange {
  readonly #terrain: Terrain;
  readonly #from: Party;
  readonly #packet: Packet;
  readonly #tracks: Conntrack;
  readonly #counted: { machine: string; counter: string }[] = [];

  constructor(terrain: Terrain, { from, packet }: Start, tracks = new Conntrack()) {
    this.#terrain = terrain;
    this.#from = from;
    this.#packet = packet;
    this.#tracks = tracks;
  }

  result(): WalkResult {
    const forth = this.#walk(this.#packet, this.#from);
    if (forth.end.kind !== 'arrived') return this.#report(forth.end, forth.walk);
    const back = this.#walk(answerTo(this.#packet), forth.end.at);
    const home = back.end.kind === 'arrived' && back.end.at !== this.#from;
    if (home) return this.#report({ ...back.end, kind: 'unreachable' }, forth.walk, back.walk);
    if (back.end.kind !== 'arrived') return this.#report(back.end, forth.walk, back.walk);
    const again = this.#walk({ ...this.#packet, role: 'next' }, this.#from);
    if (again.end.kind !== 'arrived') return this.#report(again.end, forth.walk, back.walk);
    return this.#report(forth.end, forth.walk, back.walk, this.#silentOn(forth.walk));
  }

  #walk(packet: Packet, from: Party): { walk: Walk; end: End } {
    const walk = new Walk(this.#terrain, this.#tracks, this.#counted, packet);
    const fromPod = from.kind === 'node' && !isOwn(from, packet.source);
    return { walk, end: walk.run({ party: from, iif: fromPod ? podDevice : '' }) };
  }

  /** Forwarding machines of ours whose path-MTU errors get lost. */
  #silentOn(forth: Walk): string[] {
    return narrowings(forth.hops)
      .map((hop) => this.#terrain.party(hop.machine))
      .filter((party) => party.state !== undefined)
      .filter((party) => !this.#errorReturns(party))
      .map((party) => party.name);
  }

  #errorReturns(party: Party): boolean {
    const source = chosenSource(this.#terrain, party, this.#packet.source);
    if (source === undefined) return false;
    const packet = errorAbout(this.#packet, source);
    const walk = new Walk(this.#terrain, this.#tracks, [], packet);
    const end = walk.run({ party, iif: '' });
    return end.kind === 'arrived' && end.at === this.#from;
  }

  #report(end: End, forth: Walk, back?: Walk, silent: readonly string[] = []): WalkResult {
    const counter = end.counter === undefined ? {} : { counter: end.counter };
    const mtus = forth.hops.flatMap((hop) => hop.mtu ?? []);
    return {
      verdict: end.kind === 'arrived' ? 'allow' : end.kind,
      hops: forth.hops,
      back: back?.hops ?? [],
      ...(end.kind === 'deny' && { deniedBy: { machine: end.at.name, ...counter } }),
      counted: this.#counted,
      mtu: mtus.length === 0 ? 0 : Math.min(...mtus),
      tooLarge: [...forth.tooLarge, ...(back?.tooLarge ?? [])],
      silent,
      reason: end.why,
    };
  }
}

/** Hops that let out less than all before them: those send "fragmentation needed". */
const narrowings = (hops: readonly Hop[]): Hop[] =>
  hops.filter((hop, i) => {
    const before = Math.min(...hops.slice(0, i).map((earlier) => earlier.mtu ?? Infinity));
    return i > 0 && hop.mtu !== undefined && hop.mtu < before;
  });

const isOwn = (party: Party, source: string): boolean =>
  localAddresses(party).some((own) => same(own, source));
