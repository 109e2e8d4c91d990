import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair } from './asking.ts';
import { isMac } from './element.ts';
import { type Message, mostSpokenOf } from './messages.ts';
import type { Claim, Registry } from './registry.ts';
import { Seldom } from './seldom.ts';
import { type Sight, sameNews } from './sight.ts';

/** ms that a gateway looks for what another claims; and after which its silence is an answer. */
const search = 300;
const patience = 2_000;

/** ms to wait for more claims, and of how many the port is asked at once: all answers are read anew each time. */
const together = { settle: 10, most: 256 } as const;

/** An address is claimed for a machine once within so many ms, and so many of all. */
const pace = { gap: 700, most: 4_000 } as const;

export interface Parties {
  readonly segment: string;
  readonly registry: Registry;
  readonly sight: Sight;
  readonly say: (at: string, message: Message) => void;
  /** These may be elsewhere than they were. */
  readonly concern: (keys: readonly string[]) => void;
  readonly later: (delay: number, act: () => void) => void;
}

interface Claimed {
  readonly by: string;
  /** Agents from before it was said do not say it. */
  readonly mac: string | undefined;
}

/**
 * Who has what two gateways see: it stays with the one that has it, for as long as it is found there. So
 * a gateway claims what it sees and another has; that one looks on its own port, and lets it go or says
 * that it is there. One that says nothing loses it, and has it back as soon as it claims it itself.
 */
export class Disputes {
  readonly #parties: Parties;
  /** What was claimed of other gateways, which have not let it go yet. */
  readonly #claims = new Map<string, Claim>();
  readonly #pace = new Seldom(pace.gap, pace.most);
  /** What others claim of us, each by whom, and for which machine. */
  readonly #claimed = new Map<string, Claimed>();
  #isJudging = false;

  constructor(parties: Parties) {
    this.#parties = parties;
  }

  /** A machine on our own port wants what another gateway has. */
  claim(claim: Claim): void {
    const { segment, say, later } = this.#parties;
    const { mac, at } = claim;
    const of = claim.of
      .slice(0, mostSpokenOf)
      .filter((one) => !this.#claims.has(one) && this.#pace.takes(`${mac} ${one}`));
    if (of.length === 0) return;
    const open = { ...claim, of };
    for (const one of of) this.#claims.set(one, open);
    say(at, { type: 'claim', segment, of, mac });
    later(patience, () => this.#takeOver(open, this.#openOf(open)));
  }

  #openOf(claim: Claim): readonly string[] {
    return claim.of.filter((of) => this.#claims.get(of) === claim);
  }

  #takeOver(claim: Claim, of: readonly string[]): void {
    const { registry, concern } = this.#parties;
    for (const one of of) this.#claims.delete(one);
    concern(of.flatMap((one) => registry.takeOver(one, claim)));
  }

  /** Others were heard: what nobody has any more is whose who claimed it. */
  settle(): void {
    const { registry } = this.#parties;
    for (const claim of new Set(this.#claims.values())) {
      const free = this.#openOf(claim).filter((of) => !registry.holder(of)?.at);
      this.#takeOver(claim, free);
    }
  }

  /** What we claimed is there still: a machine with all of its addresses, or one of these. */
  kept(at: string, of: readonly string[]): void {
    const { registry, concern } = this.#parties;
    for (const one of of) {
      const claim = this.#claims.get(one);
      if (claim?.at === at) this.#refused(claim, one);
      if (registry.isUnheard(one, at)) concern(registry.gone(one));
    }
  }

  #refused(claim: Claim, of: string): void {
    const { registry, sight, later } = this.#parties;
    const refused = of === claim.mac ? this.#openOf(claim) : [of];
    for (const each of refused) this.#claims.delete(each);
    registry.contested(of, claim.at, '', claim.mac);
    // Whoever says it once more is heard once more; sooner it would count as heard, but be neither told of nor claimed.
    const pairs = refused.map((each): Pair => [claim.mac, each]);
    later(Math.max(sameNews, pace.gap), () => void sight.forget(pairs));
  }

  /** Another gateway sees a machine with what is ours: it stays ours if it is still here. */
  claimed(at: string, of: readonly string[], mac?: string): void {
    const { registry, concern } = this.#parties;
    const ours = of.filter((one) => registry.own.has(one));
    const owed = ours.filter((one) => registry.isUnheard(one, at));
    concern(owed.flatMap((one) => registry.gone(one)));
    for (const one of ours) if (registry.own.has(one)) this.#claimed.set(one, { by: at, mac });
    if (this.#claimed.size > 0 && !this.#isJudging) void this.#judgeAll();
  }

  async #judgeAll(): Promise<void> {
    this.#isJudging = true;
    while (this.#claimed.size > 0) {
      await sleep(together.settle);
      const some = [...this.#claimed].slice(0, together.most);
      for (const [one] of some) this.#claimed.delete(one);
      await this.#judge(some);
    }
    this.#isJudging = false;
  }

  async #judge(claimed: readonly (readonly [of: string, Claimed])[]): Promise<void> {
    const { registry, concern } = this.#parties;
    const isHere = await this.#search(claimed.map(([one]) => one));
    const kept = claimed.filter(([one]) => isHere(one));
    for (const [one, { by, mac }] of kept) registry.contested(one, '', by, mac);
    const gone = claimed.flatMap(([one]) => (isHere(one) ? [] : [one]));
    const all = new Set(gone.flatMap((one) => [one, ...registry.addressesOf(one)]));
    concern([...all].flatMap((one) => registry.gone(one)));
    for (const [at, of] of Map.groupBy(kept, ([, { by }]) => by)) {
      this.#sayKept(
        at,
        of.map(([one]) => one),
      );
    }
  }

  #sayKept(at: string, of: readonly string[]): void {
    const { segment, say } = this.#parties;
    for (let i = 0; i < of.length; i += mostSpokenOf) {
      say(at, { type: 'kept', segment, of: of.slice(i, i + mostSpokenOf) });
    }
  }

  /** Looks for them on the port; a machine is there if it answers for one of its addresses. */
  async #search(of: readonly string[]): Promise<(one: string) => boolean> {
    const { registry, sight } = this.#parties;
    const addresses = new Set(
      of.flatMap((one) => (isMac(one) ? registry.addressesOf(one) : [one])),
    );
    const pairs = [...addresses].map((one): Pair => [registry.own.get(one)?.mac ?? '', one]);
    // A kernel that cannot be asked knows of nobody who is gone.
    const found = await sight.answering(pairs, search).catch(() => pairs);
    const there = new Set(found.flat());
    return (one) => there.has(one);
  }
}
