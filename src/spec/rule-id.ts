import { canonicalJson, formatPlace, type Place, shortHash } from '#base';
import type { Report } from './document.ts';
import { errors } from './errors.ts';
import type { Text } from './origin.ts';

/** Ids of rules: the names the file gives, else made from content, so that counters survive reordering. */
export class RuleIds {
  readonly #report: Report;
  readonly #given = new Map<string, Place>();
  readonly #made = new Map<string, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  given({ text: name, place }: Text): string {
    const first = this.#given.get(name);
    if (first) {
      const args = { name, other: 'a rule', first: formatPlace(first) };
      this.#report(errors.diagnostic('spec/duplicate-name', args, { place, text: name }));
    } else this.#given.set(name, place);
    return name;
  }

  /** Equal rules get a number from the second on. */
  made(contents: unknown): string {
    const hash = shortHash(canonicalJson(contents));
    const count = (this.#made.get(hash) ?? 0) + 1;
    this.#made.set(hash, count);
    return count === 1 ? hash : `${hash}-${count}`;
  }
}
