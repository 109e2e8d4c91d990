import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** Where an agent's words go that no journal takes. */
export const agentLog = (stateDir: string): string => join(stateDir, 'agent.log');

/**
 * Starts a supervisor, and with it the agent, in a session of its own: it stays when the terminal, and
 * whoever started it, goes. `program`: argv of the program that ships.
 */
export function startSupervisor(program: readonly string[], stateDir: string): ChildProcess {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const out = openSync(agentLog(stateDir), 'a', 0o600);
  try {
    const [node = '', ...rest] = program;
    const child = spawn(node, [...rest, 'agent', 'supervise', '--state-dir', stateDir], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', out, out],
    });
    child.unref();
    return child;
  } finally {
    closeSync(out);
  }
}
