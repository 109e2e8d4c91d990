import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import { countingRun, runProcess } from '#host';
import { askAgent } from './daemon/control.ts';
import { agentErrors } from './errors.ts';
import { defaultStateFolder } from './store.ts';
import { startedByFile } from './supervisor/boot.ts';
import { endProcess } from './supervisor/end.ts';
import { supervisionOf } from './supervisor/record.ts';
import { agentLog, startSupervisor } from './supervisor/start.ts';

export interface StartOptions {
  /** argv of the program that ships: node and the bundle, or the binary. */
  readonly program: readonly string[];
  readonly stateDir?: string;
}

/** How the agent runs that was there or was started. */
export type Started =
  | { readonly as: 'running'; readonly pid: number }
  | { readonly as: 'unit'; readonly unit: string }
  | { readonly as: 'process'; readonly pid: number; readonly log: string };

export const unitName = 'hawser-agent.service';
const unitFile = `/etc/systemd/system/${unitName}`;

/** systemd is pid 1 where this is there (sd_booted(3)). */
const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/** Whether the agent of that folder is a unit of systemd here. */
export const isUnit = (stateDir: string): boolean =>
  stateDir === defaultStateFolder && hasSystemd();

const quoted = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** `KillMode=process`: tunnels made by wireguard-go do not end with the agent (law 5). */
export const unitText = (argv: readonly string[]): string => `[Unit]
Description=Hawser agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${argv.map(quoted).join(' ')}
KillMode=process
Restart=always
RestartSec=2
Environment=LC_ALL=C

[Install]
WantedBy=multi-user.target
`;

/** ms until an agent that was started must answer. */
const patience = 15_000;

async function pidOf(stateDir: string): Promise<number | undefined> {
  try {
    return (await askAgent(stateDir, { do: 'status' })).pid;
  } catch (error) {
    if (error instanceof HawserError && error.code === 'agent/not-running') return undefined;
    throw error;
  }
}

async function waitFor(
  stateDir: string,
  where: string,
  isAlive: () => boolean = () => true,
): Promise<number> {
  const end = performance.now() + patience;
  while (performance.now() < end && isAlive()) {
    const pid = await pidOf(stateDir);
    if (pid !== undefined) return pid;
    await sleep(50);
  }
  throw agentErrors.error('agent/does-not-start', { where });
}

/** Where packages and archives put their unit, which confines the agent better. */
const unitFolders = ['/lib', '/usr/lib', '/usr/local/lib'].map((lib) => `${lib}/systemd/system`);
const isPackaged = (): boolean => unitFolders.some((folder) => existsSync(join(folder, unitName)));

async function startUnit(program: readonly string[], stateDir: string): Promise<Started> {
  const { run } = countingRun();
  const argv = [...program, 'agent', 'run', '--state-dir', stateDir];
  if (!isPackaged()) writeFileSync(unitFile, unitText(argv));
  await run('write', ['systemctl', 'daemon-reload']);
  await run('write', ['systemctl', 'enable', '--now', unitName]);
  await waitFor(stateDir, `journalctl -u ${unitName}`);
  return { as: 'unit', unit: unitName };
}

async function isEnabled(unit: string): Promise<boolean> {
  const said = await runProcess(['systemctl', 'is-enabled', unit], { exits: [0, 1, 4] });
  return said.trim() === 'enabled';
}

/** Whether an agent runs here after a reboot too. */
export const startsAtBoot = async (stateDir: string): Promise<boolean> =>
  isUnit(stateDir) ? isEnabled(unitName) : startedByFile('agent');

/** The same of a server. */
export const serverStartsAtBoot = async (): Promise<boolean> =>
  hasSystemd() ? isEnabled('hawser-server.service') : startedByFile('server');

/** What makes it so, in one line. */
export const serverBootRemedy = (): string =>
  hasSystemd()
    ? '`systemctl enable hawser-server`'
    : '`hawser server`, with the options it runs with, belongs into /etc/rc.local or a crontab as `@reboot`';

/**
 * Watched over, and started again when it ends; until the machine is rebooted. A supervisor that waits
 * since its agent ended too often gives its place to another.
 */
async function startProcess(program: readonly string[], stateDir: string): Promise<Started> {
  const waiting = supervisionOf(stateDir);
  if (waiting?.next !== undefined) await endProcess(waiting);
  const child = startSupervisor(program, stateDir);
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  child.once('error', end).once('exit', end);
  const log = agentLog(stateDir);
  const pid = await waitFor(stateDir, log, () => !ended);
  return { as: 'process', pid, log };
}

/**
 * Sees to it that an agent runs on this machine and knows what was joined: the one that runs, else as a
 * unit of systemd where that is in charge, else as a process with a supervisor.
 * @throws agent/does-not-start
 */
export async function startAgent(options: StartOptions): Promise<Started> {
  const { program, stateDir = defaultStateFolder } = options;
  const pid = await pidOf(stateDir);
  if (pid !== undefined) {
    await askAgent(stateDir, { do: 'reload' });
    return { as: 'running', pid };
  }
  return isUnit(stateDir) ? startUnit(program, stateDir) : startProcess(program, stateDir);
}
