import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundle, type Outcome, outcomeOf, outcomeOfHawser } from '../support/hawser.ts';
import { until } from '../support/until.ts';
import { Running } from './world.ts';

/** Somebody with a home of their own, and the shell that they type into. */
export class Person {
  readonly home = mkdtempSync(join(tmpdir(), 'hawser-person-'));

  #env(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: this.home, NO_COLOR: '1', LC_ALL: 'C', ...more };
  }

  /** Runs a command to its end in the home. */
  hawser(args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome {
    return outcomeOfHawser(args, { cwd: this.home, env: this.#env(env) });
  }

  /** The same on a terminal, with what is typed there; all of it is output. */
  onTerminal(typed: string, ...args: readonly string[]): Outcome {
    const line = [process.execPath, bundle, ...args].join(' ');
    const options = { cwd: this.home, env: this.#env({}), input: typed };
    return outcomeOf(['script', '-qec', line, '/dev/null'], options);
  }

  /** The same from words; throws where it fails. */
  must(...args: readonly string[]): string {
    const { code, out, err } = this.hawser(args);
    if (code === 0) return out;
    throw new Error(`hawser ${args.join(' ')} ended with ${code}: ${err}${out}`);
  }

  /** With which code it ends, and the code of the error that it tells. */
  refusal(...args: readonly string[]): readonly [number, string] {
    const { code, err } = this.hawser(args);
    return [code, /error (\S+):/.exec(err)?.[1] ?? err];
  }

  start(...args: readonly string[]): Running {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const options = { cwd: this.home, env: this.#env({}), stdio: [...stdio] };
    return new Running(spawn(process.execPath, [bundle, ...args], options));
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.home, name)), { recursive: true });
    writeFileSync(join(this.home, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.home, name), 'utf8');
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A server on loopback, without a machine of its own in any network. */
export interface LocalServer {
  readonly url: string;
  /** The admin token that it printed at its first start. */
  readonly admin: string;
  readonly program: Running;
}

/** The first `hawser server` of a person, who is logged in at it then. */
export async function serveLocally(person: Person): Promise<LocalServer> {
  const program = startServer(person);
  const admin = await said(program, /(hawser-admin-[\w-]+)\n/);
  return { url: await said(program, serving), admin, program };
}

/** The server once more, on what it kept, wherever it then listens. */
export async function serveLocallyAgain(person: Person): Promise<Omit<LocalServer, 'admin'>> {
  const program = startServer(person);
  return { url: await said(program, serving), program };
}

const serving = /serving at (https:[^\s;]+)/;

const startServer = (person: Person): Running => {
  const place = ['--data', 'data', '--listen', '127.0.0.1:0', '--address', '127.0.0.1'];
  return person.start('server', ...place, '--no-join');
};

const said = (program: Running, pattern: RegExp): Promise<string> =>
  until(`the server says ${pattern}`, () => {
    if (program.ended) throw new Error(`the server ended: ${program.output}`);
    return pattern.exec(program.output)?.[1];
  });
