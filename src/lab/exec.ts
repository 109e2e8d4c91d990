import { spawn } from 'node:child_process';
import { inside } from './keeper.ts';
import { type Lab, stationNamed } from './lab.ts';
import { type Result, run } from './run.ts';
import { ask } from './station/client.ts';

/**
 * Runs a command on a machine of a lab with this process's terminal; gives its exit code. Throws
 * `lab/unknown-machine`.
 */
export async function exec(lab: Lab, machine: string, argv: readonly string[]): Promise<number> {
  const [program = '', ...args] = [...(await enter(lab, machine)), ...argv];
  const child = spawn(program, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}

/** The same without a terminal: gives what the command said. */
export async function execQuietly(
  lab: Lab,
  machine: string,
  argv: readonly string[],
): Promise<Result> {
  return run([...(await enter(lab, machine)), ...argv]);
}

/** The beginning of a command line that runs on a machine of a lab. */
async function enter(lab: Lab, machine: string): Promise<readonly string[]> {
  const { pid } = await ask(stationNamed(lab, machine).client, { do: 'pid' });
  return [...inside(lab.keeper), 'nsenter', '-t', `${pid}`, '-m', '-n', '-u', '--'];
}
