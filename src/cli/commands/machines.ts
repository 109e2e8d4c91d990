import type { Command } from 'commander';
import type { PlanResult, Revision } from '#api';
import { confirmed, declined, surelyConfirmed } from '../ask.ts';
import { print, printJson, tell } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { ownMachine } from '../remote/own-machine.ts';
import { isNothing, meant, planText } from '../remote/plan.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { revisionText } from '../remote/words.ts';
import { revisionNumber } from './history.ts';

interface Flags extends NetworkOptions, Reasoned {
  readonly yes?: boolean;
}

/** Asks whether a machine is to be taken away, by the plan of that if one was seen; one that others need, or oneself, in so many words. */
export async function takenMeant(
  client: Client,
  question: string,
  { network, machine }: { readonly network: string; readonly machine: string },
  { yes }: Flags,
  plan?: PlanResult,
): Promise<boolean> {
  const { machines } = await client.call('status', { params: { network } });
  const found = machines.find(({ name }) => name === machine);
  const isOwn = (await ownMachine(network)) === machine;
  if (!found?.isNeeded && !isOwn) {
    return plan ? meant(question, plan, yes) : confirmed(question, yes);
  }
  const why = isOwn ? `you are on ${machine}` : `others need ${machine}, as a hub or the server's`;
  return surelyConfirmed(`${why}. ${question}`, yes, why);
}

interface ApproveFlags extends NetworkOptions, Reasoned {
  readonly hub?: string;
  readonly as?: string;
}

export const approveCommand = (): Command =>
  ofNetwork('approve', 'let a machine in that waits, or a revision go that is held')
    .argument('<machine-or-revision>', 'a name, or the number of a revision')
    .option('--as <name>', 'under another name: of a machine of the file, or of a new member')
    .option('--hub <site>', 'a new member: the site that it reaches the network through')
    .option(...reason)
    .action((what: string, options: ApproveFlags) =>
      inNetwork(options, async (client, network) => {
        if (!/^\d+$/.test(what)) return approveMachine(client, network, what, options);
        const params = { network, number: Number(what) };
        const body = { why: options.message };
        told(await client.call('approveRevision', { params, body }), options);
      }),
    );

async function approveMachine(
  client: Client,
  network: string,
  machine: string,
  { hub, as, message: why, json }: ApproveFlags,
): Promise<void> {
  const { machines, revision: before } = await client.call('status', { params: { network } });
  const isIn = machines.some((one) => one.name === machine && one.enrolment === 'enrolled');
  const body = { hub, as, why };
  const revision = await client.call('approveMachine', { params: { network, machine }, body });
  const plain = isIn ? `${machine} is in already` : `${as ?? machine} is in, as the file says`;
  told(revision, { json, ...(revision.id.number === before.number && { plain }) });
}

/** A revision that was made; `plain` says what was done where none was. */
function told(
  revision: Revision,
  { json, plain }: { readonly json?: boolean | undefined; readonly plain?: string },
): void {
  if (json) printJson(revision);
  else print(plain ?? revisionText(revision));
}

interface RevokeFlags extends Flags {
  readonly undo?: boolean;
}

/** Cuts machines off or lets them back, and says which. */
async function setRevoked(
  client: Client,
  { network, machine, revoked }: { network: string; machine: string; revoked: boolean },
  { message, json }: Flags,
): Promise<void> {
  const params = { network, machine };
  await client.call('revokeMachine', { params, body: { revoked, why: message } });
  const { frozen } = await client.call('status', { params: { network } });
  if (json) return printJson({ network, machine, revoked, frozen });
  print(revoked ? `${machine} is cut off` : `${machine} is let back`);
  if (frozen) print(`${network} is frozen: machines hear of it after \`hawser thaw\``);
}

export const suspendCommand = (): Command =>
  ofNetwork('suspend', 'cut a machine off for a while; `hawser resume` lets it back')
    .argument('<machine>', 'its name')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nName, key, address and file stay: the same tunnel works again.')
    .action((machine: string, options: Flags) =>
      inNetwork(options, async (client, network) => {
        const question = `${machine} is cut off at all its peers until \`hawser resume\`. Go on?`;
        if (!(await takenMeant(client, question, { network, machine }, options))) return declined();
        await setRevoked(client, { network, machine, revoked: true }, options);
      }),
    );

export const resumeCommand = (): Command =>
  ofNetwork('resume', 'let a machine back that was suspended or revoked')
    .argument('<machine>', 'its name')
    .option(...reason)
    .action((machine: string, options: Flags) =>
      inNetwork(options, async (client, network) =>
        setRevoked(client, { network, machine, revoked: false }, options),
      ),
    );

export const revokeCommand = (): Command =>
  ofNetwork('revoke', 'cut a machine off at all its peers at once; it can be let back')
    .argument('<machine>', 'its name')
    .option('--undo', 'let it back')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nName, key, address and history stay, unlike with `hawser remove`.')
    .action((machine: string, { undo = false, ...options }: RevokeFlags) =>
      inNetwork(options, async (client, network) => {
        const question = `${machine} is cut off at all its peers. Go on?`;
        if (!undo && !(await takenMeant(client, question, { network, machine }, options)))
          return declined();
        await setRevoked(client, { network, machine, revoked: !undo }, options);
      }),
    );

export const rejectCommand = (): Command =>
  ofNetwork('reject', 'let a revision go no further that is held')
    .argument('<revision>', 'its number', revisionNumber)
    .option(...reason)
    .action((number: number, options: NetworkOptions & Reasoned) =>
      inNetwork(options, async (client, network) => {
        const params = { network, number };
        const body = { why: options.message };
        told(await client.call('rejectRevision', { params, body }), options);
      }),
    );

export const retryCommand = (): Command =>
  ofNetwork('retry', 'let a machine try again what failed there or was taken back')
    .argument('<machine>', 'its name')
    .option(...reason)
    .action((machine: string, options: NetworkOptions & Reasoned) =>
      inNetwork(options, async (client, network) => {
        const body = { why: options.message };
        await client.call('retryMachine', { params: { network, machine }, body });
        if (options.json) printJson({ network, machine });
        else print(`${machine} tries again`);
      }),
    );

export const replaceCommand = (): Command =>
  ofNetwork('replace', 'let another machine take the place of one: forget who it was')
    .argument('<machine>', 'its name')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .action((machine: string, options: Flags) =>
      inNetwork(options, async (client, network) => {
        const question = `${machine} itself will not be let in any more. Go on?`;
        if (!(await confirmed(question, options.yes))) return declined();
        const body = { why: options.message };
        await client.call('replaceMachine', { params: { network, machine }, body });
        if (options.json) printJson({ network, machine });
        else print(`the next to join under the name ${machine} is ${machine}`);
      }),
    );

export const removeCommand = (): Command =>
  ofNetwork('remove', 'take a machine out of its network, and cut it off at all its peers')
    .argument('<machine>', 'its name')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nWhat that changes is shown first: which machines, and who loses access to what.',
    )
    .action((machine: string, options: Flags) =>
      inNetwork(options, async (client, network) =>
        removeMachine(client, { network, machine }, options),
      ),
    );

/** Takes a machine out when what that changes was seen. */
async function removeMachine(
  client: Client,
  params: { readonly network: string; readonly machine: string },
  options: Flags,
): Promise<void> {
  const { network, machine } = params;
  const on = await ownMachine(network);
  const plan = await client.call('planRemoval', { params, query: { on } });
  if (!options.json && !isNothing(plan)) tell(planText(plan, network));
  const question = `${machine} loses its place in ${network} and all access. Go on?`;
  if (!(await takenMeant(client, question, params, options, plan))) return declined();
  const query = { why: options.message, plan: plan.hash };
  const revision = await client.call('removeMachine', { params, query });
  const plain = `${machine} is out; the file did not name it`;
  const isPlain = revision.id.number === plan.base.number;
  told(revision, { json: options.json, ...(isPlain && { plain }) });
}
