import type { NftChain, NftMatch, NftRule, NftSet, NftTable } from '#state';
import { elementMatches, fieldsOf, type Value, type View } from './fields.ts';
import { remembered } from './remembered.ts';

/** What the tables of one machine say at one hook. */
export type Judgement =
  | { readonly passes: true }
  | {
      readonly passes: false;
      readonly rejected: boolean;
      readonly counter?: string;
      readonly where: string;
    };

export interface Evaluation {
  readonly judgement: Judgement;
  /** Named counters that counted the packet, `table/counter`-free: names as the state gives them. */
  readonly counted: readonly string[];
  /** The packet's mark afterwards, if a rule set one. */
  readonly mark?: number;
}

const pass: Judgement = { passes: true };

interface Base {
  readonly table: NftTable;
  readonly chain: NftChain;
}

/** The base chains of a hook, lowest priority first. */
const basesOf = remembered((tables: readonly NftTable[], hook: string): Base[] =>
  tables
    .flatMap((table) => table.chains.map((chain) => ({ table, chain })))
    .filter(({ chain }) => chain.hook?.hook === hook)
    .sort((a, b) => (a.chain.hook?.priority ?? 0) - (b.chain.hook?.priority ?? 0)),
);

/** Runs every base chain of a hook; a drop is final, an accept is of its chain. */
export function evaluate(tables: readonly NftTable[], hook: string, view: View): Evaluation {
  const counted: string[] = [];
  let marked: { mark?: number } = {};
  for (const { table, chain } of basesOf(tables, hook)) {
    if (!seesFamily(table, view)) continue;
    const run = new Run(table, { ...view, ...marked }, counted);
    const judgement = run.base(chain);
    if (!judgement.passes) return { judgement, counted };
    marked = run.mark === undefined ? marked : { mark: run.mark };
  }
  return { judgement: pass, counted, ...marked };
}

function seesFamily(table: NftTable, view: View): boolean {
  if (table.family === 'inet') return true;
  if (table.family === 'ip') return view.family === 4;
  if (table.family === 'ip6') return view.family === 6;
  throw new Error(`model: nft family ${table.family} is not modelled`);
}

type Outcome =
  | { readonly kind: 'through' }
  | { readonly kind: 'return' }
  | { readonly kind: 'accept' }
  | { readonly kind: 'end'; readonly judgement: Judgement };

const through: Outcome = { kind: 'through' };

class Run {
  readonly #table: NftTable;
  #view: View;
  readonly #counted: string[];
  #depth = 0;
  mark: number | undefined;

  constructor(table: NftTable, view: View, counted: string[]) {
    this.#table = table;
    this.#view = view;
    this.#counted = counted;
  }

  base(chain: NftChain): Judgement {
    if (chain.hook?.type !== 'filter' && chain.hook?.type !== 'route') {
      throw new Error(`model: chains of type ${chain.hook?.type} are not modelled`);
    }
    const outcome = this.#chain(chain);
    if (outcome.kind === 'end') return outcome.judgement;
    if (outcome.kind === 'accept' || chain.hook.policy === 'accept') return pass;
    if (chain.hook.policy !== 'drop') throw new Error(`model: policy ${chain.hook.policy}`);
    return { passes: false, rejected: false, where: `policy of ${chain.name}` };
  }

  #chain(chain: NftChain): Outcome {
    this.#depth += 1;
    if (this.#depth > 16) throw new Error(`model: jumps deeper than nft allows in ${chain.name}`);
    try {
      for (const rule of chain.rules) {
        const outcome = this.#rule(rule, chain);
        if (outcome.kind === 'return') return through;
        if (outcome.kind !== 'through') return outcome;
      }
      return through;
    } finally {
      this.#depth -= 1;
    }
  }

  /** `through` goes on with the next rule; `return` leaves the chain (also after a goto). */
  #rule(rule: NftRule, chain: NftChain): Outcome {
    if (!rule.match.every((match) => this.#matches(match))) return through;
    if (rule.counter !== undefined) this.#count(rule.counter);
    if (rule.set !== undefined) this.#perform(rule.set);
    const verdict = rule.vmap ? this.#lookUp(rule.vmap) : rule.verdict;
    return verdict === undefined ? through : this.#verdict(verdict, rule, chain);
  }

  #verdict(verdict: string, rule: NftRule, chain: NftChain): Outcome {
    const [word = '', target = ''] = verdict.split(' ');
    switch (word) {
      case 'accept':
        return { kind: 'accept' };
      case 'return':
        return { kind: 'return' };
      case 'continue':
        return through;
      case 'drop':
      case 'reject':
        return { kind: 'end', judgement: refusal(rule, chain, word === 'reject') };
      case 'jump':
        return this.#chain(this.#named(target));
      case 'goto': {
        const outcome = this.#chain(this.#named(target));
        return outcome.kind === 'through' ? { kind: 'return' } : outcome;
      }
      default:
        throw new Error(`model: unknown verdict ${verdict}`);
    }
  }

  #named(target: string): NftChain {
    const chain = this.#table.chains.find((c) => c.name === target);
    if (!chain || chain.hook) throw new Error(`model: no chain ${target} to go to`);
    return chain;
  }

  #count(counter: string): void {
    if (!this.#table.counters.includes(counter)) {
      throw new Error(`model: counter ${counter} is not declared`);
    }
    this.#counted.push(counter);
  }

  #perform(statement: string): void {
    const mark = /^meta mark set (\d+|0x[\da-f]+)$/.exec(statement)?.[1];
    if (mark === undefined && !harmless.some((form) => form.test(statement))) {
      throw new Error(`model: unknown statement ${statement}`);
    }
    if (mark === undefined) return;
    this.mark = Number(mark);
    this.#view = { ...this.#view, mark: this.mark };
  }

  #matches(match: NftMatch): boolean {
    const parts = fieldsOf(match.left);
    const values = parts.map((field) => field.of(this.#view));
    if (values.some((value) => value.kind === 'absent')) return false;
    const types = parts.map((field) => field.type).join(' . ');
    const found = this.#elements(match.right, types).some((e) => isElement(e, values, match.left));
    return match.op === '==' ? found : !found;
  }

  #elements(right: string | readonly string[], types: string): readonly string[] {
    if (typeof right !== 'string') return right;
    if (!right.startsWith('@')) return [right];
    const set = this.#table.sets.find((s) => s.name === right.slice(1));
    if (!set) throw new Error(`model: no set ${right}`);
    checkType(set, types, set.elements);
    return set.elements;
  }

  #lookUp(vmap: { left: string; map: string }): string | undefined {
    const parts = fieldsOf(vmap.left);
    const map = this.#table.maps.find((m) => m.name === vmap.map.replace(/^@/, ''));
    if (!map) throw new Error(`model: no map ${vmap.map}`);
    checkType(
      map,
      parts.map((f) => f.type).join(' . '),
      map.elements.map(([e]) => e),
    );
    const values = parts.map((field) => field.of(this.#view));
    if (values.some((value) => value.kind === 'absent')) return undefined;
    return map.elements.find(([element]) => isElement(element, values, vmap.left))?.[1];
  }
}

const refusal = (rule: NftRule, chain: NftChain, rejected: boolean): Judgement => ({
  passes: false,
  rejected,
  where: `a rule of ${chain.name}`,
  ...(rule.counter !== undefined && { counter: rule.counter }),
});

/** Statements that neither judge a packet nor change its way. */
const harmless = [/^tcp option maxseg size set (rt mtu|\d+)$/];

type Typed = Pick<NftSet, 'name' | 'type' | 'interval'>;
const checked = new WeakMap<Typed, string>();

/** nft refuses a set whose declared type is not that of what it is looked up with. */
function checkType(set: Typed, types: string, elements: readonly string[]): void {
  if (checked.get(set) === types) return;
  checked.set(set, types);
  if (set.type !== types)
    throw new Error(`model: ${set.name} is of ${set.type}, asked with ${types}`);
  const range = elements.find((e) => /[-/]\d/.test(e) && !/^[a-z]/.test(e));
  if (!set.interval && range !== undefined && !/ifname/.test(set.type)) {
    throw new Error(`model: ${set.name} has a range ${range} and no interval flag`);
  }
}

function isElement(element: string, values: readonly Value[], left: string): boolean {
  const parts = element.split(' . ').map((part) => part.trim());
  if (parts.length !== values.length) throw new Error(`model: ${element} does not fit ${left}`);
  const results = values.map((value, i) => elementMatches(parts[i] as string, value));
  if (results.includes(false)) return false;
  if (results.includes('maybe')) {
    throw new Error(`model: ${left} reads ports of a packet that has none`);
  }
  return true;
}
