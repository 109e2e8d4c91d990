import { join } from 'node:path';
import { repositoryRoot } from '../support/checkout.ts';
import { bundle, outcomeOf } from '../support/hawser.ts';
import { type RanInside, VirtualMachine } from '../support/virtual-machine.ts';

/** What `--json` gives of a pass of the agent. */
export interface Pass {
  readonly unchanged: boolean;
  readonly writes: number;
  readonly backends: Readonly<Record<string, string>>;
  readonly changes: readonly { readonly kind: string; readonly id: string }[];
  readonly failures: readonly unknown[];
}

/** What `--json` gives of a lab's proof. */
export interface Proof {
  readonly mismatches: readonly string[];
  readonly handshakes: { readonly expected: number; readonly missing: readonly unknown[] };
  readonly flows: readonly {
    readonly from: string;
    readonly to: string;
    /** Protocol, and port where it has one. */
    readonly class: string;
    readonly family: number;
    readonly measured: string;
  }[];
}

/** Code that the compiler of Node makes has to be translated once more here: interpreted it is faster. */
const env = { NODE_OPTIONS: '--jitless', NO_COLOR: '1', HAWSER_LABS: '/tmp/labs' };

/** Milliseconds for one test: everything is emulated. */
export const patience = 1_200_000;

/** Milliseconds one command may take; the machine is emulated and may share its processors. */
const timeout = 900_000;

/** Apart from the checkout, where it may be built anew while the machine runs. */
const installed = '/opt/hawser';

/** What is compiled here, ten times faster, is copied along with the bundle: see src/main/compiled.ts. */
function compileOutside(): void {
  const argv = [process.execPath, ...env.NODE_OPTIONS.split(' '), bundle];
  outcomeOf([...argv, 'check', 'examples/hybrid-cloud.yaml'], { cwd: repositoryRoot });
}

/** A virtual machine and the bundle that ships in it. */
export class HawserMachine {
  readonly machine: VirtualMachine;
  readonly bundle: readonly string[] = [process.execPath, join(installed, 'hawser.mjs')];

  private constructor(machine: VirtualMachine) {
    this.machine = machine;
  }

  static async boot(): Promise<HawserMachine> {
    compileOutside();
    const machine = await VirtualMachine.boot();
    await machine.must(['cp', '-r', join(repositoryRoot, 'dist'), installed]);
    return new HawserMachine(machine);
  }

  /** Runs lines of sh(1), of which all must succeed, and gives what they printed. */
  script(lines: string): Promise<string> {
    return this.machine.must(['sh', '-ec', lines], { timeout, env });
  }

  /** Runs Hawser, whatever its exit code. */
  hawser(...words: readonly string[]): Promise<RanInside> {
    return this.machine.run([...this.bundle, ...words], { timeout, env });
  }

  /** Runs Hawser, which must do what it is asked for. */
  async must(...words: readonly string[]): Promise<void> {
    const { code, out, err } = await this.hawser(...words);
    if (code !== 0) throw new Error(`hawser ${words.join(' ')} ended with ${code}:\n${err}${out}`);
  }

  /** What Hawser prints with `--json`, whatever the verdict. */
  async json<T>(...words: readonly string[]): Promise<T> {
    const { out, err } = await this.hawser(...words, '--json');
    try {
      return JSON.parse(out) as T;
    } catch {
      throw new Error(`hawser ${words.join(' ')} gave no JSON:\n${err}${out}`);
    }
  }

  /**
   * Runs tests of this repository there, those whose names match; what Vitest says of them is thrown where one fails or
   * none runs, else given back. Vitest needs what Node compiles.
   */
  async test(names: RegExp, ...files: readonly string[]): Promise<string> {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--configLoader=native'];
    const asked = ['--testTimeout', String(timeout), '-t', names.source, ...files];
    const argv = [process.execPath, ...vitest, ...asked];
    const { code, out, err } = await this.machine.run(argv, {
      timeout,
      env: { NO_COLOR: '1' },
    });
    if (code !== 0) throw new Error(`the tests ended with ${code}:\n${err}${out}`);
    return out;
  }

  close(): Promise<void> {
    return this.machine.close();
  }
}
