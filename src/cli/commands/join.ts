import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import {
  askAgent,
  type Joined,
  joinNetwork,
  type SessionStatus,
  type Shown,
  type Started,
  startAgent,
} from '#agent';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { describeStarted } from '../started.ts';
import { thisProgram } from '../this-program.ts';
import { stateFolder } from './agent-daemon.ts';
import { describeShown } from './agent-shown.ts';

interface Flags {
  readonly name?: string;
  readonly stateDir: string;
  readonly json?: boolean;
}

/** ms until a first state must be there, and until a first handshake is no longer waited for. */
const statePatience = 30_000;
const handshakePatience = 8_000;

export const joinCommand = (): Command =>
  new Command('join')
    .description('let this machine join a network, and keep it so')
    .argument('<token>', 'from `hawser token create --join`; `-`: given on standard input')
    .option('--name <name>', "what the machine is called there; the host's own name otherwise")
    .option(...stateFolder)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nExit code 0: in the network, or waiting for approval. 1: something could not be done. 2: not joined.',
    )
    .action(join);

async function join(token: string, flags: Flags): Promise<void> {
  const { name, stateDir } = flags;
  const given = token === '-' ? readFileSync(0, 'utf8') : token;
  const joined = await joinNetwork({ token: given, stateDir, ...(name !== undefined && { name }) });
  const started = await startAgent({ program: thisProgram(), stateDir });
  const status = await firstState(stateDir, joined.network);
  const shown = status.pending ? undefined : await firstHandshake(stateDir, joined.network);
  await tell({ joined, started, status, shown }, flags);
  exitWith(status.pending || status.complete ? exitCodes.yes : exitCodes.no);
}

interface Outcome {
  readonly joined: Joined;
  readonly started: Started;
  readonly status: SessionStatus;
  readonly shown: Shown | undefined;
}

/** Until the machine is what its network says, or knows that it has to wait. */
async function firstState(stateDir: string, network: string): Promise<SessionStatus> {
  const end = performance.now() + statePatience;
  for (;;) {
    const { networks } = await askAgent(stateDir, { do: 'status' });
    const status = networks.find((one) => one.network === network);
    if (status && (status.pending || status.complete)) return status;
    if (status && status.failures.length > 0) return status;
    if (performance.now() > end) {
      const why = status?.unreachable?.message ?? 'the server has sent nothing';
      throw cliErrors.error('cli/no-state-yet', { network, why });
    }
    await sleep(50);
  }
}

/** What the machine got, once it has spoken with a peer; without, where that takes too long. */
async function firstHandshake(stateDir: string, network: string): Promise<Shown | undefined> {
  const end = performance.now() + handshakePatience;
  for (;;) {
    const shown = await askAgent(stateDir, { do: 'show', network }).catch(() => undefined);
    const callable = shown?.peers.filter(({ endpoint }) => endpoint !== undefined) ?? [];
    const met = shown?.peers.some(({ handshake }) => handshake !== undefined);
    if (met || callable.length === 0 || performance.now() > end) return shown;
    await sleep(100);
  }
}

async function tell(
  { joined, started, status, shown }: Outcome,
  { json, stateDir }: Flags,
): Promise<void> {
  if (json) {
    const { pending, complete, failures } = status;
    printJson({ ...joined, agent: started, pending, complete, failures, shown: shown ?? null });
    return;
  }
  if (shown) print(describeShown(shown));
  else
    print(
      `${joined.machine} waits in ${joined.network}: an operator runs \`hawser approve ${joined.machine}\``,
    );
  for (const { message, code } of status.failures) print(`FAILED ${message} [${code}]`);
  print(await describeStarted(started, stateDir));
}
