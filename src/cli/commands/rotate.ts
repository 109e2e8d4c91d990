import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { confirmed, declined } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { followPreshared, followRotation } from '../remote/rotation/follow.ts';
import { keyChangesText, leftBehindText, rotationPlanText } from '../remote/rotation/words.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { durationOf } from '../times.ts';

interface Flags extends NetworkOptions, Reasoned {
  readonly plan?: boolean;
  readonly status?: boolean;
  readonly abort?: boolean;
  readonly finish?: boolean;
  readonly drop?: string;
  readonly now?: boolean;
  readonly preshared?: boolean;
  readonly port?: number;
  readonly linger?: number;
  readonly yes?: boolean;
  readonly wait: boolean;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('a UDP port is expected, such as 51821');
}

function seconds(text: string): number {
  const duration = durationOf(text);
  if (duration !== undefined && duration <= 86_400_000) return duration / 1000;
  throw new InvalidArgumentError('a duration of at most a day is expected, such as 180s or 5m');
}

export const rotateCommand = (): Command =>
  ofNetwork('rotate', 'give a machine another WireGuard key, without losing a packet')
    .argument('[machine]', 'its name')
    .option('--plan', 'only show what would happen')
    .option('--status', 'how far it is, and who holds it up')
    .option('--abort', 'give it up, while the old key is still there')
    .option('--finish', 'go on without those that hold it up')
    .option('--drop <name>', 'go on without this one')
    .option('--now', 'in place, at once: sessions of the machine begin anew')
    .option('--preshared', 'instead, give every two machines another preshared key')
    .option(
      '--port <port>',
      'UDP port of the second tunnel; else the one after its own',
      portNumber,
    )
    .option('--linger <duration>', 'how long the second tunnel stays in the end (180s)', seconds)
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .option('--no-wait', 'do not wait until it is done')
    .addHelpText(
      'after',
      `
The machine and its peers get a second tunnel beside the one they have, take it while the first one gets
its new key, and return. The old tunnel has the same device, port and addresses as before, and another
key. Where some have the old key in a file, it stays, and the new one gets a device and a port of its own;
the old one goes when all of them have another file or were dropped. Private keys stay on the machine.

Exit code 0: done, or there is nothing to tell. 2: refused.`,
    )
    .action((machine: string | undefined, flags: Flags) =>
      inNetwork(flags, (client, network) => run(client, network, machine, flags)),
    );

async function run(
  client: Client,
  network: string,
  machine: string | undefined,
  flags: Flags,
): Promise<void> {
  if (flags.status) return status(client, network, flags);
  if (flags.preshared) return preshared(client, network, machine, flags);
  if (flags.abort) return abort(client, network, flags);
  if (flags.finish || flags.drop !== undefined) return finish(client, network, flags);
  if (machine === undefined) throw cliErrors.error('cli/rotate-what', {});
  return rotate(client, network, machine, flags);
}

async function status(client: Client, network: string, { json }: Flags): Promise<void> {
  const found = await client.call('rotation', { params: { network } });
  if (json) printJson(found);
  else print(keyChangesText(found));
}

async function preshared(
  client: Client,
  network: string,
  machine: string | undefined,
  { finish: isLeft, abort: isGivenUp, plan: isPlan, json, wait, message: why, ...flags }: Flags,
): Promise<void> {
  const params = { network };
  if (machine !== undefined || isGivenUp) throw cliErrors.error('cli/preshared-whole', {});
  if (isLeft) {
    await client.call('finishPreshared', { params, body: { why } });
    if (json) return printJson({ network });
    return print('every two machines use the newer keys from now on');
  }
  if (isPlan && json) return printJson({ network, impact: 'none' });
  if (!json) print('every two machines get another preshared key (impact: none)');
  if (isPlan) return;
  if (!(await confirmed('Go on?', flags.yes))) return declined();
  const begun = await client.call('rotatePreshared', { params, body: { why } });
  if (wait) await followPreshared(client, network, { quiet: json === true });
  if (json) printJson(wait ? await client.call('rotation', { params }) : begun);
}

async function abort(client: Client, network: string, flags: Flags): Promise<void> {
  const { json, wait, message: why } = flags;
  await client.call('abortRotation', { params: { network }, body: { why } });
  if (wait) await followRotation(client, network, { quiet: json === true });
  if (json) printJson({ network });
  else print('given up: every key is as it was');
}

async function finish(client: Client, network: string, flags: Flags): Promise<void> {
  const { json, wait, drop: only, message: why } = flags;
  const body = { only, why };
  const found = await client.call('finishRotation', { params: { network }, body });
  if (json) printJson(found);
  else print(leftBehindText(found.without));
  if (wait) await followRotation(client, network, { quiet: json === true });
}

async function rotate(
  client: Client,
  network: string,
  machine: string,
  flags: Flags,
): Promise<void> {
  const { now, port, linger, json, message: why } = flags;
  const params = { network, machine };
  const plan = await client.call('planRotation', { params, query: { now, port } });
  if (flags.plan && json) return printJson(plan);
  if (!json) print(rotationPlanText(plan));
  if (flags.plan) return;
  if (!(await confirmed('Go on?', flags.yes))) return declined();
  const begun = await client.call('rotate', { params, body: { now, port, linger, why } });
  if (flags.wait) await followRotation(client, network, { quiet: json === true });
  if (json) printJson(begun);
  else if (flags.wait) print(`${machine} has another key`);
}
