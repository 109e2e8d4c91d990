import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineStatus, NetworkStatus } from '#api';
import { type Diagnostic, DiagnosticsError, inParallel, plainFinding } from '#base';
import { Course, type Office } from './course.ts';
import { deployErrors } from './errors.ts';
import type { Step } from './probe.ts';
import type { SshInit } from './ssh.ts';
import type { Target } from './targets.ts';

/** What happens, as it happens. */
export type DeployEvent =
  | { readonly machine: string; readonly doing: string }
  | { readonly machine: string; readonly result: Result };

/** What became of a machine. */
export interface Result {
  readonly machine: string;
  /** installed: and joined. started: it had joined before. unchanged: it was there already. */
  readonly outcome: 'installed' | 'joined' | 'started' | 'unchanged' | 'failed';
  /** Of Hawser on it, where that is known. */
  readonly version?: string;
  readonly error?: Diagnostic;
}

export interface DeployInit {
  readonly office: Office & { status(): Promise<NetworkStatus> };
  readonly ssh: SshInit;
  /** How many machines are worked on at once. */
  readonly parallel: number;
  readonly report: (event: DeployEvent) => void;
}

/** ms for a machine to become what the network wants, after it joined; and between two looks. */
const confirmWithin = 60_000;
const pause = 200;

const outcomes = {
  install: 'installed',
  join: 'joined',
  start: 'started',
  nothing: 'unchanged',
} as const satisfies Readonly<Record<Step, Result['outcome']>>;

/** Whose agent did not run may have been in the network before, or not. */
const outcomeOf = (done: Step, before: MachineStatus | undefined): Result['outcome'] =>
  done === 'start' && before?.enrolment !== 'enrolled' ? 'joined' : outcomes[done];

/** Gets Hawser onto machines and the machines into their network; one that fails stops no other. */
class Deployment {
  readonly #init: DeployInit;
  readonly #results = new Map<string, Result>();
  /** Those that are to be waited for. */
  readonly #brought = new Map<string, Omit<Result, 'error'>>();
  readonly #courses = new Map<string, Course>();

  constructor(init: DeployInit) {
    this.#init = init;
  }

  async run(targets: readonly Target[]): Promise<readonly Result[]> {
    const { parallel, office } = this.#init;
    const { machines } = await office.status();
    const known = new Map(machines.map((one) => [one.name, one]));
    await inParallel(targets, parallel, async (target) => this.#bring(target, known));
    await this.#confirm();
    await inParallel([...this.#brought.values()], parallel, async (one) => this.#meet(one));
    return targets.flatMap(({ name }) => this.#results.get(name) ?? []);
  }

  /** Who is connected is there; nobody has to look. */
  async #bring(target: Target, machines: ReadonlyMap<string, MachineStatus>): Promise<void> {
    const { name: machine } = target;
    const known = machines.get(machine);
    if (known?.connected) return this.#end({ machine, outcome: 'unchanged', ...versionOf(known) });
    const { office, ssh, report } = this.#init;
    const course = new Course(target, {
      office,
      ssh,
      report: (doing) => report({ machine, doing }),
    });
    this.#courses.set(machine, course);
    await this.#trying(machine, async () => {
      const brought = await course.bring();
      this.#brought.set(machine, {
        machine,
        outcome: outcomeOf(brought.done, known),
        ...versionOf(brought),
      });
    });
  }

  /** Waits until all that joined are what the network wants, and says who is not. */
  async #confirm(): Promise<void> {
    const end = performance.now() + confirmWithin;
    for (const machine of this.#brought.keys()) {
      this.#init.report({ machine, doing: 'waiting until it is as the network wants it' });
    }
    const isLate = (): boolean => performance.now() > end;
    while (this.#brought.size > 0) {
      const { machines } = await this.#init.office.status();
      const open = machines.filter((one) => this.#brought.has(one.name) && !isConfirmed(one));
      const lost = open.filter((one) => isLate() || one.failures.length > 0);
      for (const one of lost) this.#fail(one.name, notConfirmed(one));
      if (open.length === lost.length) return;
      await sleep(pause);
    }
  }

  async #meet(brought: Omit<Result, 'error'>): Promise<void> {
    const { machine } = brought;
    await this.#trying(machine, async () => {
      const { machines } = await this.#init.office.status();
      const overlay = new Map(machines.map(({ name, overlay: own }) => [name, own.map(bare)]));
      await this.#courses.get(machine)?.meet(overlay);
      this.#end(brought);
    });
  }

  async #trying(machine: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const [first] = error instanceof DiagnosticsError ? error.diagnostics : [error];
      if (!isFinding(first)) throw error;
      this.#fail(machine, first);
    }
  }

  #fail(machine: string, error: Diagnostic): void {
    this.#brought.delete(machine);
    this.#end({ machine, outcome: 'failed', error: plainFinding(error) });
  }

  #end(result: Result): void {
    this.#results.set(result.machine, result);
    this.#init.report({ machine: result.machine, result });
  }
}

const isFinding = (error: unknown): error is Diagnostic =>
  typeof error === 'object' && error !== null && 'code' in error && 'fix' in error;

const versionOf = ({ version }: { readonly version?: string | undefined }) =>
  version === undefined ? {} : { version };

const bare = (address: string): string => address.replace(/\/\d+$/, '');

const isConfirmed = ({ connected, confirmed, wanted }: MachineStatus): boolean =>
  connected && confirmed === wanted;

function notConfirmed({ failures, connected }: MachineStatus): Diagnostic {
  const [failure] = failures;
  if (failure) return failure;
  const why = connected ? 'the server has no word of it' : 'it is not connected';
  return deployErrors.error('deploy/not-confirmed', { seconds: confirmWithin / 1000, why });
}

/**
 * Deploys to machines, several at once; resolves with what became of each, in their order. What fails on
 * one machine is its result; what the server refuses ends it all.
 */
export const deploy = (targets: readonly Target[], init: DeployInit): Promise<readonly Result[]> =>
  new Deployment(init).run(targets);
