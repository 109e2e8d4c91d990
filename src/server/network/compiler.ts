import type { FileSet } from '#api';
import { affected, emptyFacts, parseFacts, tunnelPairs, writeFacts } from '#compile';
import { serverErrors } from '../errors.ts';
import { rotationCalls } from '../rotation/calls.ts';
import { type Packed, pack } from '../store/packed.ts';
import type { Caller } from '../thread/calls.ts';
import { advanced, type Basis, type Opening, opened, type Step } from './basis.ts';
import { planOf, requirePersons } from './change.ts';
import { Compiled, proven } from './compiled.ts';
import type { Operator } from './cut-off.ts';
import { decide, type Matter } from './decisions.ts';
import type { Decision, Drafted, PlainEdit } from './edit.ts';
import { inspectionCalls } from './inspection.ts';
import { type StateAnswer, type StateWanted, stateFor } from './messages.ts';
import { type NamedMachine, type Names, type NamesEdit, namesBetween, namesOf } from './names.ts';
import { type Views, viewsOf } from './views.ts';

/**
 * So many networks of one name are remembered: the present one, and those that agents may still have. To
 * an agent that has an older one goes the whole of its state instead of a delta.
 */
const remembered = 4;

interface Kept extends Basis {
  readonly names: Names;
  readonly views: Views;
  /** What was decided last and may become the next network. */
  draft?: { readonly id: number; readonly compiled: Compiled };
}

const forgotten = () =>
  serverErrors.error('server/thread-ended', { why: 'it has forgotten the network' });

/** The networks that a compiler remembers, by the number that was given to each. */
class Memory {
  readonly #kept = new Map<number, Kept>();
  #drafts = 0;

  /** @throws server/thread-ended: what this thread knew ended with the one before it */
  get(basis: number): Kept {
    const kept = this.#kept.get(basis);
    if (kept) return kept;
    throw forgotten();
  }

  find(basis: number | undefined): Kept | undefined {
    return basis === undefined ? undefined : this.#kept.get(basis);
  }

  keep(id: number, basis: Basis): Kept {
    const before = this.#kept.get(id);
    if (before?.compiled === basis.compiled) {
      Object.assign(before, basis);
      return before;
    }
    const { model } = basis.compiled;
    const kept = { ...basis, names: namesOf(model), views: viewsOf(model) };
    const { network } = basis.stored;
    const alike = [...this.#kept].filter(([, { stored }]) => stored.network === network);
    for (const [old] of alike.slice(0, 1 - remembered)) this.#kept.delete(old);
    for (const [, old] of alike) delete old.draft;
    this.#kept.set(id, kept);
    return kept;
  }

  draft(basis: Kept, compiled: Compiled): Drafted {
    const id = ++this.#drafts;
    basis.draft = { id, compiled };
    return { draft: id, facts: pack(compiled.facts) };
  }
}

export interface Opened extends Views {
  readonly names: readonly NamedMachine[];
  /** Machines whose state may differ from that in the network before; undefined: any. */
  readonly changed: readonly string[] | undefined;
}

export interface Advanced extends Views {
  readonly names: NamesEdit;
  readonly changed: readonly string[];
}

interface PlanWanted {
  readonly basis: number;
  readonly files: FileSet;
  /** Who asks, if that is known. */
  readonly operator?: Operator | undefined;
}

interface NewNetwork {
  readonly name: string;
  readonly files: FileSet;
  /** Text of a facts file. */
  readonly facts?: string | undefined;
  readonly epoch: string;
  /** How many people have tokens that may approve. */
  readonly persons: number;
}

const changedFrom = (before: Basis, { compiled }: Basis): readonly string[] =>
  before.compiled === compiled ? [] : affected(before.compiled.model, compiled.model);

/** A decision as plain data: what it made stays here, under a number. */
function plainEdit(memory: Memory, basis: Kept, decision: Decision): PlainEdit {
  const { revision, compiled, ...rest } = decision;
  const made = revision?.compiled ?? compiled;
  const drafted = made && memory.draft(basis, made);
  return {
    ...rest,
    ...(revision &&
      drafted && {
        revision: { ...revision, files: pack<FileSet>(revision.files), compiled: drafted },
      }),
    ...(compiled && drafted && { compiled: drafted }),
  };
}

interface StatesWanted {
  readonly basis: number;
  readonly wanted: readonly StateWanted[];
  /** ms, as in the messages. */
  readonly spread?: number | undefined;
}

/** One state that cannot be made keeps nobody else from having theirs. */
function answerFor(
  memory: Memory,
  kept: Kept,
  wanted: StateWanted,
  spread: number | undefined,
): StateAnswer | string {
  try {
    return stateFor(kept, wanted, memory.find(wanted.has?.basis), spread);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * All that a server computes from networks: what machines are to be, what a change would do, what is to be
 * stored. It remembers networks by numbers that its callers give, and forgets old ones by itself.
 */
export function compilerCalls() {
  const memory = new Memory();
  return {
    /** Reads a network from what is stored; `like`: one that may have much of it already. */
    open({ basis, like, ...opening }: Opening & { basis: number; like?: number }): Opened {
      const known = memory.find(like);
      const kept = memory.keep(basis, opened(opening, known));
      const names = [...kept.names.values()].map(({ machine }) => machine);
      return { ...kept.views, names, changed: known && changedFrom(known, kept) };
    },

    /** The network after a transaction that was decided from `from`; `made`: what it is now. */
    advance({
      basis,
      from,
      made,
      ...step
    }: Step & { basis: number; from: number; made: number | undefined }): Advanced {
      const before = memory.get(from);
      const { draft } = before;
      if (made !== undefined && draft?.id !== made) throw forgotten();
      const kept = memory.keep(
        basis,
        advanced(before, step, made === undefined ? undefined : draft?.compiled),
      );
      return {
        names: namesBetween(before.names, kept.names),
        changed: changedFrom(before, kept),
        ...kept.views,
      };
    },

    decide({ basis, matter }: { basis: number; matter: Matter }): PlainEdit | undefined {
      const kept = memory.get(basis);
      const decision = decide(kept, matter);
      return decision && plainEdit(memory, kept, decision);
    },

    /** A `PlanResult` as JSON: of a large network it is large. */
    plan: ({ basis, files, operator }: PlanWanted): string =>
      JSON.stringify(planOf(memory.get(basis), files, operator)),

    /** What is known besides the file, as the text of a facts file. */
    facts({ basis }: { basis: number }): { facts: string; presharedKeys?: number } {
      const { compiled, stored } = memory.get(basis);
      const { presharedKeys } = compiled.model.inputs;
      const facts = writeFacts(undefined, stored.network, compiled.facts);
      return { facts, ...(presharedKeys !== undefined && { presharedKeys }) };
    },

    /** The tunnels that the network means. */
    tunnelPairs: ({ basis }: { basis: number }) => tunnelPairs(memory.get(basis).compiled.model),

    ...inspectionCalls((basis) => memory.get(basis)),

    ...rotationCalls((basis) => memory.get(basis)),

    /** What each of some machines is to be told; a text in place of an answer says what went wrong. */
    states({ basis, wanted, spread }: StatesWanted) {
      const kept = memory.get(basis);
      return wanted.map((one) => answerFor(memory, kept, one, spread));
    },

    /** A network that begins. @throws DiagnosticsError, server/other-network */
    create({ name, files, facts: text, epoch, persons }: NewNetwork) {
      const facts = text === undefined ? emptyFacts : parseFacts(text, name);
      const compiled = Compiled.of({ files, facts, revision: { epoch, number: 1 } });
      if (compiled.network.name !== name) {
        throw serverErrors.error('server/other-network', { found: compiled.network.name, name });
      }
      proven(compiled);
      requirePersons(compiled.network, persons);
      const packed: { files: Packed<FileSet>; facts: Drafted['facts'] } = {
        files: pack(files),
        facts: pack(compiled.facts),
      };
      return packed;
    },
  };
}

export type CompilerCalls = ReturnType<typeof compilerCalls>;
export type Compiler = Caller<CompilerCalls>;
