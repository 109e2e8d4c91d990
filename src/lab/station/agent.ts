import { hostname } from 'node:os';
import {
  type AgentStatus,
  askAgent,
  defaultStateFolder,
  joinNetwork,
  type SessionStatus,
  startAgent,
} from '#agent';
import { HawserError } from '#base';
import { labErrors } from '../errors.ts';
import { until } from '../run.ts';

/** What the agent of this machine says of itself; null where none runs. */
export async function agentHere(): Promise<AgentStatus | null> {
  try {
    return await askAgent(defaultStateFolder, { do: 'status' });
  } catch (error) {
    if (error instanceof HawserError && error.code === 'agent/not-running') return null;
    throw error;
  }
}

/** Joins as `hawser join` does, under this name; its agent is not told. */
export const joinHere = async (token: string, name: string): Promise<null> => {
  await joinNetwork({ token, name });
  return null;
};

/** Milliseconds until a machine must have what its network says. */
const startsWithin = 30_000;

/**
 * Starts the agent, or tells the one that runs what was joined; waits until the machine is what its network
 * says. Throws `lab/agent-stuck`, `agent/does-not-start`.
 */
export async function startAgentHere(network: string): Promise<SessionStatus> {
  await startAgent({ program: ['hawser'] });
  let status: SessionStatus | undefined;
  const settled = async () => {
    const agent = await agentHere();
    status = agent?.networks.find((one) => one.network === network);
    return status?.complete ?? false;
  };
  await until(settled, { withinMs: startsWithin, everyMs: 30 });
  if (status?.complete) return status;
  throw labErrors.error('lab/agent-stuck', { machine: hostname(), reason: reasonOf(status) });
}

function reasonOf(status: SessionStatus | undefined): string {
  const said = [...(status?.failures ?? []), ...(status?.unreachable ? [status.unreachable] : [])];
  return said.map(({ message }) => message).join('; ') || 'it has heard nothing from the server';
}

/** Ends the agent in the middle of whatever it does; whether one ran. */
export async function killAgentHere(): Promise<boolean> {
  const agent = await agentHere();
  if (agent === null) return false;
  process.kill(agent.pid, 'SIGKILL');
  await until(async () => (await agentHere()) === null, { withinMs: 5_000 });
  return true;
}
