import { HawserError } from '#base';
import type { Run } from './run.ts';
import { hasSystemd } from './systemd.ts';

export interface Helper {
  /** What its unit begins with: letters, digits, dashes. */
  readonly unit: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a program that goes into the background and outlives the agent: in a scope of its own where
 * systemd is in charge, so that nothing done to the agent's unit is done to it; always in a session of
 * its own. It has our environment and no more rights than we. Where systemd lets us make no scope, it
 * stays in the agent's unit, which ends nothing but the agent itself.
 * @throws host/command-missing, host/command-failed
 */
export async function startHelper(run: Run, { unit, argv, env }: Helper): Promise<void> {
  if (hasSystemd() && (await startScope(run, { unit, argv, env }))) return;
  await run('write', argv, { env, detached: true });
}

async function startScope(run: Run, { unit, argv, env }: Helper): Promise<boolean> {
  // One that ends may still have the name when the next begins.
  const name = `hawser-${unit}-${Date.now().toString(36)}`;
  const scope = ['systemd-run', '--quiet', '--scope', '--collect', `--unit=${name}`];
  try {
    await run('write', [...scope, '--', ...argv], { env, detached: true });
    return true;
  } catch (error) {
    if (error instanceof HawserError) return false;
    throw error;
  }
}
