import { Command } from 'commander';
import {
  agentLog,
  restartAgent,
  type Started,
  startAgent,
  stopAgent,
  superviseAgent,
} from '#agent';
import { print, printJson } from '../output.ts';
import { ending } from '../server/life.ts';
import { describeStarted } from '../started.ts';
import { thisProgram } from '../this-program.ts';
import { stateFolder } from './agent-daemon.ts';

interface Flags {
  readonly stateDir: string;
  readonly json?: boolean;
}

const local = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .option(...stateFolder)
    .option('--json', 'for programs');

export const startCommand = (): Command =>
  local(
    'start',
    'start the agent, as a unit of systemd or under a supervisor, if none runs',
  ).action(async (flags: Flags) =>
    tell(await startAgent({ program: thisProgram(), stateDir: flags.stateDir }), flags),
  );

export const restartCommand = (): Command =>
  local('restart', 'end the agent and start it, of this version; no packet is lost').action(
    async (flags: Flags) =>
      tell(await restartAgent({ program: thisProgram(), stateDir: flags.stateDir }), flags),
  );

export const stopCommand = (): Command =>
  local('stop', 'end the agent; what it made stays, and is no longer kept so').action(
    async ({ stateDir, json }: Flags) => {
      const stopped = await stopAgent(stateDir);
      if (json) printJson({ stopped });
      else print(stopped ? 'the agent has ended; its tunnels stay' : 'no agent runs');
    },
  );

export const superviseCommand = (): Command =>
  new Command('supervise')
    .description('run the agent here, and again whenever it ends: for machines without systemd')
    .option(...stateFolder)
    .addHelpText('after', '\n`hawser agent start` does so in the background.')
    .action(async ({ stateDir }: Flags) =>
      superviseAgent({
        agent: [...thisProgram(), 'agent', 'run', '--state-dir', stateDir],
        stateDir,
        log: agentLog(stateDir),
        signal: ending().signal,
      }),
    );

async function tell(started: Started, { stateDir, json = false }: Flags): Promise<void> {
  if (json) printJson(started);
  else print(await describeStarted(started, stateDir));
}
