import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { writeFileAtomically } from '#host';
import { socketPath } from '../daemon/control.ts';
import { isAlive } from './process-id.ts';

/** What a supervisor tells of itself and of the agent it watches over. */
const Supervision = Type.Object({
  pid: Type.Integer(),
  began: Type.Integer(),
  boot: Type.String(),
  log: Type.String(),
  /** The agent that runs now. */
  agent: Type.Optional(Type.Integer()),
  /** How often it was started again. */
  restarts: Type.Integer(),
  /** Ends in a row that came early. */
  crashes: Type.Integer(),
  /** How the last one ended: `SIGKILL`, `exit code 1`; and when (RFC 3339). */
  last: Type.Optional(Type.Object({ how: Type.String(), at: Type.String() })),
  /** When it is started again, while none runs. */
  next: Type.Optional(Type.String()),
});
export type Supervision = Static<typeof Supervision>;

/** In the folder of the agent's socket: empty after a boot, where that is the usual one. */
const recordFile = (stateDir: string): string =>
  join(dirname(socketPath(stateDir)), 'supervisor.json');

export const supervisorLock = (stateDir: string): string =>
  join(dirname(socketPath(stateDir)), 'supervisor.lock');

export const keepRecord = (stateDir: string, record: Supervision): void =>
  writeFileAtomically(recordFile(stateDir), `${JSON.stringify(record)}\n`);

export const removeRecord = (stateDir: string): void =>
  rmSync(recordFile(stateDir), { force: true });

/** What the supervisor of this machine's agent says; undefined where none lives, or we may not know. */
export function supervisionOf(stateDir: string): Supervision | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(recordFile(stateDir), 'utf8'));
    return Value.Check(Supervision, record) && isAlive(record) ? record : undefined;
  } catch {
    return undefined;
  }
}
