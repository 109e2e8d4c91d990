import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** The server of a machine: a process that ends with the lab, or when somebody ends it. */
export class ServerProcess {
  #child: ChildProcess | undefined;

  get pid(): number | undefined {
    const { pid, exitCode, signalCode } = this.#child ?? {};
    return exitCode === null && signalCode === null ? pid : undefined;
  }

  /** Starts it, unless it runs; what it says goes to the end of a file. */
  start(argv: readonly string[], log: string): void {
    if (this.pid !== undefined) return;
    const [program = '', ...args] = argv;
    const out = openSync(log, 'a', 0o600);
    this.#child = spawn(program, args, { cwd: '/', stdio: ['ignore', out, out] });
    this.#child.on('error', () => undefined);
    closeSync(out);
  }

  /** Ends it in the middle of whatever it does; whether it ran. */
  async kill(): Promise<boolean> {
    if (this.pid === undefined || !this.#child) return false;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
    return true;
  }
}
