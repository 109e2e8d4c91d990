import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import type { TunnelItem } from '#state';
import type { Context } from '../context.ts';
import type { Backend } from '../contract.ts';
import { hostErrors } from '../errors.ts';
import { startHelper } from '../helper.ts';
import { ipLines } from '../ip-batch.ts';
import { groupOf, markOf, processMark } from '../mark.ts';
import { runAt } from './move.ts';

/** What `ip` says where the kernel has no WireGuard. */
const noKernel = /Unknown device type|not supported/;

/** Device and alias in one process; the group is set with the device itself. */
async function createInKernel(context: Context, name: string): Promise<boolean> {
  const mark = markOf(context.network, name);
  try {
    await ipLines(context.run, [
      `link add dev ${name} group ${groupOf(mark)} type wireguard`,
      `link set dev ${name} alias ${mark}`,
    ]);
    return true;
  } catch (error) {
    if (error instanceof HawserError && noKernel.test(error.message)) return false;
    throw error;
  }
}

/** A program that lives on when the agent ends. */
async function createInUserspace(context: Context, name: string): Promise<void> {
  const mark = markOf(context.network, name);
  const env = { [processMark]: mark };
  await startHelper(context.run, {
    unit: `wireguard-go-${name}`,
    argv: ['wireguard-go', name],
    env,
  });
  await context.run('write', ['ip', 'link', 'set', 'dev', name, 'alias', mark]);
}

/** Makes the device: by the kernel if it can, which may have learnt it since; by wireguard-go otherwise. */
async function createDevice(context: Context, name: string): Promise<Backend> {
  if (await createInKernel(context, name)) return 'kernel';
  await createInUserspace(context, name);
  return 'wireguard-go';
}

const socketFolder = '/var/run/wireguard';

/** How often a socket may be found mute before its process is taken for dead. */
const muteEnough = 10;

/**
 * wireguard-go ends when its device is gone, and removes its socket by name: a new one must not take
 * the name before. The socket of a dead one stays and is mute.
 */
async function waitForSocket(context: Context, name: string): Promise<void> {
  const find = ['find', socketFolder, '-name', `${name}.sock`];
  for (let mute = 0, tries = 0; mute < muteEnough && tries < 200; tries++) {
    const found = await context.run('read', find, { exits: [0, 1] });
    if (found === '') return;
    const answer = await context.run('read', ['wg', 'show', name, 'listen-port']).catch(() => '');
    mute = answer === '' ? mute + 1 : 0;
    await sleep(20);
  }
}

export async function deleteDevice(context: Context, name: string): Promise<void> {
  try {
    await context.run('write', ['ip', 'link', 'del', 'dev', name]);
  } catch (error) {
    if (!(error instanceof HawserError && /Cannot find device/.test(error.message))) throw error;
  }
  if (context.devices.get(name)?.kind === 'tun') await waitForSocket(context, name);
}

/** Sets what differs: key, port, mark. The private key is read by wg from its file. */
export async function configure(
  context: Context,
  item: TunnelItem,
  before?: TunnelItem,
): Promise<void> {
  const words: string[] = [];
  if (item.publicKey === '' || item.publicKey !== before?.publicKey) {
    words.push('private-key', context.wish.keyFile(item));
  }
  if (item.listenPort !== before?.listenPort) words.push('listen-port', String(item.listenPort));
  if (item.fwmark !== (before?.fwmark ?? 0)) words.push('fwmark', String(item.fwmark));
  const { interface: name } = item;
  if (words.length > 0) await runAt(context, name)('write', ['wg', 'set', name, ...words]);
}

/** A tunnel from nothing; what is left of one that died is taken away first. */
export async function createTunnel(context: Context, item: TunnelItem): Promise<void> {
  const { interface: name, bornIn } = item;
  if (bornIn !== 'root')
    throw hostErrors.error('host/other-namespace', { interface: name, bornIn });
  if (context.broken.has(name)) await deleteDevice(context, name);
  context.backends.set(name, await createDevice(context, name));
  context.broken.delete(name);
  await configure(context, item);
}
