import { spawn } from 'node:child_process';
import { inside } from './keeper.ts';
import { type Lab, stationNamed } from './lab.ts';
import { environmentOf } from './machine.ts';
import { type Result, run } from './run.ts';
import { ask } from './station/client.ts';

/**
 * Runs a command on a machine of a lab with this process's terminal; gives its exit code. Throws
 * `lab/unknown-machine`.
 */
export async function exec(lab: Lab, machine: string, argv: readonly string[]): Promise<number> {
  const [program = '', ...args] = [...(await enter(lab, machine)), ...argv];
  const env = environmentOf(lab.dir, machine);
  const child = spawn(program, args, { stdio: 'inherit', env });
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
  return run([...(await enter(lab, machine)), ...argv], { env: environmentOf(lab.dir, machine) });
}

/** The beginning of a command line that runs on a machine of a lab, in the folder of this process. */
async function enter(lab: Lab, machine: string): Promise<readonly string[]> {
  const { pid } = await ask(stationNamed(lab, machine).client, { do: 'pid' });
  const namespaces = ['nsenter', '-t', `${pid}`, '-m', '-n', '-u', '--'];
  return [...inside(lab.keeper), ...namespaces, 'env', '-C', workingFolder()];
}

/** A machine has a /run and a /var/lib/hawser of its own, where this folder is perhaps not there. */
function workingFolder(): string {
  const folder = process.cwd();
  return /^\/(run|var\/lib)(\/|$)/.test(folder) ? '/' : folder;
}
