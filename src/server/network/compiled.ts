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

export interface NamedState {
  readonly hash: string;
  readonly state: HostState;
}

/**
 * A network as its inputs make it. All that the server computes from a file goes through here, with
 * plain data in and plain data out, so that it may move into a worker thread.
 */
export class Compiled {
  readonly revision: RevisionId;
  readonly model: Model;
  readonly warnings: readonly Diagnostic[];
  readonly #names: ReadonlySet<string>;

  private constructor(model: Model, warnings: readonly Diagnostic[]) {
    this.model = model;
    this.warnings = warnings;
    this.revision = { epoch: model.inputs.epoch, number: model.inputs.rev };
    this.#names = new Set(machinesOf(model));
  }

  /** Links a network that was checked before. @throws DiagnosticsError with what the file has wrong */
  static of({ files, facts, revision, presharedKeys }: CompileInput): Compiled {
    const { network, warnings } = read(files);
    const { epoch, number: rev } = revision;
    const secured = presharedKeys !== undefined && { presharedKeys };
    return new Compiled(link({ ...facts, network, epoch, rev, ...secured }), warnings);
  }

  /** The same network from other inputs; what its preshared keys are made from stays. */
  next(input: Omit<CompileInput, 'presharedKeys'>): Compiled {
    return Compiled.of({ ...input, presharedKeys: this.model.inputs.presharedKeys });
  }

  /**
   * The same under another revision: what a file says does not depend on its number, which only a
   * transaction knows.
   */
  as({ epoch, number: rev }: RevisionId): Compiled {
    const { model } = this;
    return new Compiled({ ...model, inputs: { ...model.inputs, epoch, rev } }, this.warnings);
  }

  get network(): Network {
    return this.model.network;
  }

  /** The facts with an address for every machine. */
  get facts(): Facts {
    const { inventory, ledger, keys, observations } = this.model.inputs;
    return { inventory, ledger, keys, observations };
  }

  /** Whether a machine of the file has a state, and so may have an agent. */
  has(machine: string): boolean {
    return this.#names.has(machine);
  }

  /** What a machine should be; a machine that the file no longer names should be nothing. */
  state(machine: string): NamedState {
    const state = this.has(machine) ? project(this.model, machine) : this.#nothing(machine);
    return { state, hash: hashState(state) };
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

interface Read {
  readonly network: Network;
  readonly warnings: readonly Diagnostic[];
}

function read(files: FileSet): Read {
  const { network, diagnostics } = loadNetwork(files.entry, fileSetReader(files));
  if (!network) throw new DiagnosticsError(diagnostics);
  return { network, warnings: diagnostics };
}

/**
 * Everything there is to say about a file before it becomes a network's own, as if every key were
 * known: machines that have not joined yet are part of the proof.
 * @throws DiagnosticsError if any of it is an error
 */
export function proven({ facts, model }: Compiled): readonly Diagnostic[] {
  const { network, inputs } = model;
  const { diagnostics } = check(link({ ...inputs, ...assumeKeys(network, facts) }));
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new DiagnosticsError(errors);
  return diagnostics;
}
