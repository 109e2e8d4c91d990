import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  type AgentStatus,
  askAgent,
  defaultStateFolder,
  joinNetwork,
  type SessionStatus,
} from '#agent';
import { HawserError } from '#base';
import { labErrors } from '../errors.ts';
import { layOver } from '../mounts.ts';
import { until } from '../run.ts';
import type { Service } from './service.ts';

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
export async function joinHere(token: string, name: string): Promise<null> {
  await joinNetwork({ token, name });
  return null;
}

/** Milliseconds until a machine must be what its network says. */
const startsWithin = 30_000;

/**
 * Starts the agent, or tells the one that runs what was joined; waits until the machine is what its network
 * says. Throws `lab/agent-stuck`.
 */
export async function startAgentHere(agent: Service, network: string): Promise<SessionStatus> {
  if (await agentHere()) await askAgent(defaultStateFolder, { do: 'reload' });
  else agent.start(['hawser', 'agent', 'run'], join(defaultStateFolder, 'agent.log'));
  let status: SessionStatus | undefined;
  const settled = async () => {
    const all = (await agentHere())?.networks;
    status = all?.find((one) => one.network === network);
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

/** The kernel's name of a boot (random(4)), which machines of one lab would otherwise have in common. */
const bootId = '/proc/sys/kernel/random/boot_id';

/** Makes believe that this machine was booted. */
export async function bootAgain(): Promise<null> {
  writeFileSync('/run/boot_id', `${randomUUID()}\n`);
  await layOver([], '/run/boot_id', bootId);
  return null;
}
