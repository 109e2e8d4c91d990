import { didYouMean, formatPlace, type Place } from '#base';
import type { Report } from './document.ts';
import { errors } from './errors.ts';
import type { Text } from './origin.ts';

export type Kind = 'site' | 'gateway' | 'node' | 'member' | 'host' | 'station' | 'router' | 'group';

interface Named {
  readonly kind: Kind;
  readonly place: Place;
}

/** Words that selectors already use. */
const reserved = new Set(['all']);

/** A word is compared with all known ones; a file that gets all of them wrong need not wait for that. */
const suggestions = 50;

/**
 * Who is called what. Machines, hosts and groups share one namespace; a site may be called like its
 * gateway, but not like a member, since links name both.
 */
export class Names {
  readonly #report: Report;
  readonly #named = new Map<string, Named>();
  readonly #sites = new Map<string, Named>();
  readonly #former = new Map<string, Named>();
  #suggested = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  declare(name: string, kind: Kind, place: Place): void {
    if (reserved.has(name)) {
      this.#report(errors.diagnostic('spec/reserved-name', { text: name }, { place, text: name }));
      return;
    }
    const own = kind === 'site' ? this.#sites : this.#named;
    const taken = own.get(name) ?? (kind === 'member' ? this.#sites.get(name) : undefined);
    if (!taken) own.set(name, { kind, place });
    else this.#duplicate(name, taken, place);
  }

  /** `was: name`: nobody may bear it, and only one may have borne it. */
  declareFormer(name: string, kind: Kind, place: Place): void {
    const taken = this.#former.get(name);
    if (!taken) this.#former.set(name, { kind, place });
    else this.#reportFormer(name, `another ${taken.kind}'s former name`, taken.place, place);
  }

  checkFormer(): void {
    for (const [name, { place }] of this.#former) {
      const bearer = this.#named.get(name);
      if (bearer) this.#reportFormer(name, `a ${bearer.kind} of today`, bearer.place, place);
    }
  }

  kindOf(name: string): Kind | undefined {
    return this.#named.get(name)?.kind;
  }

  hasSite(name: string): boolean {
    return this.#sites.has(name);
  }

  /** Whether such a thing exists; reports it if not. `wanted` is what a message calls it. */
  expect(at: Text, wanted: string, kinds: readonly Kind[]): boolean {
    const { text: name, place } = at;
    if (kinds.includes('site') && this.#sites.has(name)) return true;
    const kind = this.#named.get(name)?.kind;
    if (kind !== undefined && kinds.includes(kind)) return true;
    if (kind === 'station') {
      this.#report(errors.diagnostic('spec/inside-a-segment', { name }, { place, text: name }));
      return false;
    }
    const hint = this.#hint(name, wanted, kinds);
    const args = { kind: wanted, name, hint };
    this.#report(errors.diagnostic('spec/unknown-name', args, { place, text: name }));
    return false;
  }

  #hint(name: string, wanted: string, kinds: readonly Kind[]): string {
    if (++this.#suggested > suggestions) return 'Check its spelling.';
    const known = [...this.#named].filter(([, one]) => kinds.includes(one.kind));
    const sites = kinds.includes('site') ? [...this.#sites.keys()] : [];
    const choice = didYouMean(name, [...sites, ...known.map(([one]) => one)], wanted);
    const other = this.kindOf(name) ?? (this.#sites.has(name) ? 'site' : undefined);
    return other ? `\`${name}\` is a ${other}. ${choice}` : choice;
  }

  #duplicate(name: string, taken: Named, place: Place): void {
    const other = taken.kind === 'station' ? 'a machine of a segment' : `a ${taken.kind}`;
    const args = { name, other, first: formatPlace(taken.place) };
    this.#report(errors.diagnostic('spec/duplicate-name', args, { place, text: name }));
  }

  #reportFormer(name: string, other: string, first: Place, place: Place): void {
    const args = { name, other, first: formatPlace(first) };
    this.#report(errors.diagnostic('spec/former-name', args, { place, text: name }));
  }
}
