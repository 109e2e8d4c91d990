import { labErrors } from '../errors.ts';
import { ask, type StationClient } from '../station/client.ts';

/** Makes the machine's private key where there is none; gives the public one. */
export const keyOf = async (station: StationClient, network: string): Promise<string> =>
  (await agent(station, ['key', '--network', network])).trim();

/** Brings a machine to a state; gives what the agent printed. */
export const applyState = (station: StationClient, path: string): Promise<string> =>
  agent(station, ['apply', '--state', path]);

/** Takes away what was made on a machine that has no state any more. */
export const cleanUp = (station: StationClient, network: string): Promise<string> =>
  agent(station, ['cleanup', '--network', network]);

/** Runs the agent that ships once, on a machine. */
async function agent(station: StationClient, args: readonly string[]): Promise<string> {
  const argv = ['hawser', 'agent', ...args];
  const { code, stdout, stderr } = await ask(station, { do: 'run', argv });
  if (code === 0) return stdout;
  const reason = `${stderr}${stdout}`.trim().slice(-2000);
  throw labErrors.error('lab/apply-failed', { machine: station.name, reason });
}
