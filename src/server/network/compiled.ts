import { hash } from 'node:crypto';
import type { FileSet, RevisionId } from '#api';
import { type Diagnostic, DiagnosticsError } from '#base';
import { assumeKeys, check, type Facts, link, type Model, machinesOf, project } from '#compile';
import { loadNetwork, type Network } from '#spec';
import { type HostState, hashState } from '#state';
import { fileSetReader } from '../files.ts';

export interface CompileInput {
  readonly files: FileSet;
  readonly facts: Facts;
  readonly revision: RevisionId;
  /** Version of the network's preshared secret, if it has one. */
  readonly presharedKeys?: number | undefined;
}

const sha256 = (text: string): string => hash('sha256', text);

/** States that are kept at once: a state may be large, and machines many. */
const remembered = 16;

/** So many findings are told of a file: a small one may be wrong in more ways than fit an answer. */
const told = 200;

export interface NamedState {
  readonly hash: string;
  readonly state: HostState;
}

/** A network as its inputs make it. All that the server computes from a file goes through here. */
export class Compiled {
  readonly revision: RevisionId;
  readonly model: Model;
  readonly warnings: readonly Diagnostic[];
  readonly files: FileSet;
  readonly #names: ReadonlySet<string>;
  #whole: Model | undefined;
  /** States made last: the one that a machine has is asked for again when it gets the next. */
  readonly #recent = new Map<string, NamedState>();

  private constructor(model: Model, files: FileSet, warnings: readonly Diagnostic[]) {
    this.model = model;
    this.files = files;
    this.warnings = warnings;
    this.revision = { epoch: model.inputs.epoch, number: model.inputs.rev };
    this.#names = new Set(machinesOf(model));
  }

  /**
   * Links a network that was checked before. `known`: one whose files may be the same; they are then not
   * read again.
   * @throws DiagnosticsError with what the file has wrong
   */
  static of({ files, facts, revision, presharedKeys }: CompileInput, known?: Compiled): Compiled {
    const { network, warnings } = known && sameFiles(known.files, files) ? known : read(files);
    const { epoch, number: rev } = revision;
    const secured = presharedKeys !== undefined && { presharedKeys };
    return new Compiled(link({ ...facts, network, epoch, rev, ...secured }), files, warnings);
  }

  /** The same network from other inputs; what its preshared keys are made from stays. */
  next(input: Omit<CompileInput, 'presharedKeys'>): Compiled {
    return Compiled.of({ ...input, presharedKeys: this.model.inputs.presharedKeys }, this);
  }

  /**
   * The same under another revision: what a file says does not depend on its number, which only a
   * transaction knows.
   */
  as({ epoch, number: rev }: RevisionId): Compiled {
    const { model } = this;
    const named = { ...model, inputs: { ...model.inputs, epoch, rev } };
    return new Compiled(named, this.files, this.warnings);
  }

  /** As if every machine had joined: what people plan for, and what is proven. */
  get whole(): Model {
    const isWhole = this.model.nodes.every(({ publicKey }) => publicKey !== undefined);
    this.#whole ??= isWhole ? this.model : link(assuming(this.model, this.facts));
    return this.#whole;
  }

  get network(): Network {
    return this.model.network;
  }

  /** The facts with an address for every machine. */
  get facts(): Facts {
    const { inventory, ledger, keys, observations, ...inputs } = this.model.inputs;
    const { adopted, rotation, homes, preshared, revoked } = inputs;
    return {
      ...{ inventory, ledger, keys, observations },
      ...(adopted && { adopted }),
      ...(rotation && { rotation }),
      ...(homes && { homes }),
      ...(preshared && { preshared }),
      ...(revoked && { revoked }),
    };
  }

  /** Whether a machine of the file has a state, and so may have an agent. */
  has(machine: string): boolean {
    return this.#names.has(machine);
  }

  /** What a machine should be; a machine that the file no longer names should be nothing. */
  state(machine: string): NamedState {
    const known = this.#recent.get(machine);
    if (known) return known;
    const state = this.project(machine);
    const named = { state, hash: hashState(state, sha256) };
    if (this.#recent.size >= remembered) this.#recent.clear();
    this.#recent.set(machine, named);
    return named;
  }

  /** The same without its hash. */
  project(machine: string): HostState {
    const known = this.#recent.get(machine);
    if (known) return known.state;
    return this.has(machine) ? project(this.model, machine) : this.#nothing(machine);
  }

  #nothing(machine: string): HostState {
    const { epoch, number: rev } = this.revision;
    return {
      format: 1,
      network: this.network.name,
      machine,
      epoch,
      rev,
      namespaces: {},
      tunnels: {},
      bindings: [],
      processes: {},
      tables: {},
    };
  }
}

const assuming = ({ inputs, network }: Model, facts: Facts) => ({
  ...inputs,
  ...assumeKeys(network, facts),
});

function sameFiles(a: FileSet, b: FileSet): boolean {
  const [names, others] = [Object.keys(a.files), Object.keys(b.files)];
  return (
    a.entry === b.entry &&
    names.length === others.length &&
    names.every((name) => Object.hasOwn(b.files, name) && a.files[name] === b.files[name])
  );
}

interface Read {
  readonly network: Network;
  readonly warnings: readonly Diagnostic[];
}

function read(files: FileSet): Read {
  const { network, diagnostics } = loadNetwork(files.entry, fileSetReader(files));
  if (!network) throw new DiagnosticsError(diagnostics.slice(0, told));
  return { network, warnings: diagnostics };
}

/**
 * Everything there is to say about a file before it becomes a network's own, as if every key were
 * known: machines that have not joined yet are part of the proof.
 * @throws DiagnosticsError if any of it is an error
 */
export function proven({ whole }: Compiled): readonly Diagnostic[] {
  const { diagnostics } = check(whole);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new DiagnosticsError(errors.slice(0, told));
  return diagnostics;
}
