import { labErrors } from './errors.ts';
import { ask, type StationClient } from './station/client.ts';
import type { Program } from './station/start.ts';

/** What the lab asks of the agent on a machine: the program that ships, run there. */
export interface Agent {
  readonly program: Program;
}

/** Makes the machine's private key where there is none; gives the public one. */
export async function keyOf(
  { program }: Agent,
  station: StationClient,
  network: string,
): Promise<string> {
  const argv = [...program, 'agent', 'key', '--network', network];
  return (await agentRun(station, argv)).trim();
}

/** Brings a machine to a state; gives what the agent printed. */
export const applyState = ({ program }: Agent, station: StationClient, path: string) =>
  agentRun(station, [...program, 'agent', 'apply', '--state', path]);

/** Takes away what was made on a machine that has no state any more. */
export const cleanUp = ({ program }: Agent, station: StationClient, network: string) =>
  agentRun(station, [...program, 'agent', 'cleanup', '--network', network]);

async function agentRun(station: StationClient, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ask(station, { do: 'run', argv });
  if (code === 0) return stdout;
  const reason = `${stderr}${stdout}`.trim().slice(-2000);
  throw labErrors.error('lab/apply-failed', { machine: station.name, reason });
}
