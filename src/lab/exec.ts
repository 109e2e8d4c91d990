import { spawn } from 'node:child_process';
import { inside } from './keeper.ts';
import { type Lab, stationNamed } from './lab.ts';
import { ask } from './station/client.ts';

/**
 * Runs a command on a machine of a lab with this process's terminal; gives its exit code. Throws
 * `lab/unknown-machine`.
 */
export async function exec(lab: Lab, machine: string, argv: readonly string[]): Promise<number> {
  const { client } = stationNamed(lab, machine);
  const holder = (await ask(client, { do: 'pid' })).pid;
  const enter = ['nsenter', '-t', `${holder}`, '-m', '-n', '-u', '--'];
  const [program = '', ...args] = [...inside(lab.keeper), ...enter, ...argv];
  const child = spawn(program, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}
