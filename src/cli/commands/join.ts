import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import {
  askAgent,
  cloudHere,
  type Joined,
  joinNetwork,
  type SessionStatus,
  type Shown,
  type Started,
  startAgent,
} from '#agent';
import { describeTaken, disableUnits, type Found, findTunnel, howTaken } from '../adoption.ts';
import { confirmed } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { exitCodes, exitWith } from '../exit.ts';
import { tell as note, print, printJson } from '../output.ts';
import { describeStarted } from '../started.ts';
import { thisProgram } from '../this-program.ts';
import { stateFolder } from './agent-daemon.ts';
import { describeShown } from './agent-shown.ts';

interface Flags {
  readonly name?: string;
  readonly adopt?: string;
  readonly yes?: boolean;
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
    .option(
      '--adopt <interface>',
      'take over a WireGuard interface that is there: its key, port, peers and preshared keys',
    )
    .option(
      '-y, --yes',
      'do not ask; with --adopt, take it over also where the network wants its port, addresses or peers otherwise',
    )
    .option(...stateFolder)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `
With --adopt nothing of the interface is written where the network's file says of it what it is, and
sessions go on. Where the file says something else, it is left alone until it says the same. Whatever was
there before is remembered: \`hawser agent release\` gives the interface back.

Exit code 0: in the network, or waiting for approval. 1: something could not be done. 2: not joined.`,
    )
    .action(join);

async function join(token: string, flags: Flags): Promise<void> {
  const { name, stateDir, adopt, yes = false } = flags;
  const given = token === '-' ? readFileSync(0, 'utf8') : token;
  const found = adopt === undefined ? undefined : await findTunnel(adopt, yes);
  const joined = await joinNetwork({
    token: given,
    stateDir,
    cloud: cloudHere(),
    ...(name !== undefined && { name }),
    ...(found && { brought: found.brought, anyway: yes }),
  });
  const { network, machine } = joined;
  if (name !== undefined && name !== machine)
    note(
      `this machine is in ${network} already, as ${machine}; in the file, \`${name}: { was: ${machine} }\` renames it`,
    );
  const started = await startAgent({ program: thisProgram(), stateDir });
  const first = await firstState(stateDir, joined.network);
  const status = found ? await takenAnyway(first, flags) : first;
  const shown = status.pending ? undefined : await firstHandshake(stateDir, joined.network);
  const taken = found && (await afterTaking(found, joined.network, flags));
  await tell({ joined, started, status, shown, taken }, flags);
  exitWith(status.pending || status.complete ? exitCodes.yes : exitCodes.no);
}

interface Outcome {
  readonly joined: Joined;
  readonly started: Started;
  readonly status: SessionStatus;
  readonly shown: Shown | undefined;
  readonly taken: Taken | undefined;
}

/** An interface that was brought along. */
interface Taken {
  readonly isTaken: boolean;
  readonly disabled: readonly string[];
  readonly lines: readonly string[];
}

async function afterTaking(
  found: Found,
  network: string,
  { stateDir, yes }: Flags,
): Promise<Taken> {
  const how = howTaken(stateDir, network);
  if (!how) return { isTaken: false, disabled: [], lines: [] };
  const disabled = await disableUnits({ stateDir, network }, found, yes);
  return { isTaken: true, disabled, lines: describeTaken(network, found, disabled, how) };
}

/** On a terminal, a person who has seen what differs may want it all the same. */
async function takenAnyway(
  status: SessionStatus,
  { stateDir, json }: Flags,
): Promise<SessionStatus> {
  const { network, failures } = status;
  const isWaiting = failures.some(({ code }) => code === 'agent/adopt-waits');
  if (!isWaiting || json || !process.stdin.isTTY || !process.stderr.isTTY) return status;
  for (const line of describeFailures(failures)) print(line);
  if (!(await confirmed('Make these changes, and take it over?', false))) return status;
  await askAgent(stateDir, { do: 'adopt', network });
  return firstState(stateDir, network, ({ complete }) => complete);
}

const describeFailures = (failures: SessionStatus['failures']): readonly string[] =>
  failures.map(({ message, code, fix }) => `FAILED ${message} [${code}]\n  ${fix}`);

/** What it has from before, if it was in the network, says nothing. */
const isSettled = ({ pending, connected, complete, failures }: SessionStatus): boolean =>
  pending || (connected && complete) || failures.length > 0;

/** Until the machine is what its network says, or knows that it has to wait. */
async function firstState(
  stateDir: string,
  network: string,
  isThere = isSettled,
): Promise<SessionStatus> {
  const end = performance.now() + statePatience;
  for (;;) {
    const { networks } = await askAgent(stateDir, { do: 'status' });
    const status = networks.find((one) => one.network === network);
    if (status && isThere(status)) return status;
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
  { joined, started, status, shown, taken }: Outcome,
  { json, stateDir }: Flags,
): Promise<void> {
  const { machine, network } = joined;
  if (json) {
    const { pending, complete, failures } = status;
    const adopted = taken && { taken: taken.isTaken, disabled: taken.disabled };
    const all = { ...joined, agent: started, pending, complete, failures, shown: shown ?? null };
    printJson({ ...all, ...(adopted && { adopted }) });
    return;
  }
  if (status.pending)
    print(`${machine} waits in ${network}: an operator runs \`hawser approve ${machine}\``);
  else print(shown ? describeShown(shown) : `${machine} joined ${network}`);
  for (const line of [...describeFailures(status.failures), ...(taken?.lines ?? [])]) print(line);
  print(await describeStarted(started, stateDir));
}
