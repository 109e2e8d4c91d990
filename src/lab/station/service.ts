import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** A server or an agent on a machine: a process that goes on until it is ended, or its lab is. */
export class Service {
  #child: ChildProcess | undefined;

  get runs(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it, unless it runs; what it says goes to the end of a file. */
  start(argv: readonly string[], log: string): void {
    if (this.runs) return;
    const [program = '', ...args] = argv;
    const out = openSync(log, 'a', 0o600);
    const stdio = ['ignore', out, out] as const;
    this.#child = spawn(program, args, { cwd: '/', detached: true, stdio: [...stdio] });
    this.#child.on('error', () => undefined);
    closeSync(out);
  }

  /** Ends it in the middle of whatever it does; whether it ran. */
  async kill(): Promise<boolean> {
    if (!this.#child || !this.runs) return false;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
    return true;
  }
}
