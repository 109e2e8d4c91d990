import { setTimeout as sleep } from 'node:timers/promises';
import { HawserError } from '#base';
import type { TunnelItem } from '#state';
import type { Context } from '../context.ts';
import type { Backend } from '../contract.ts';
import { hostErrors } from '../errors.ts';
import { groupOf, markOf, processMark } from '../mark.ts';

/** What `ip` says where the kernel has no WireGuard. */
const noKernel = /Unknown device type|not supported/;

/** Device and alias in one process; the group is set with the device itself. */
async function createInKernel(context: Context, name: string): Promise<boolean> {
  const mark = markOf(context.network, name);
  const stdin = [
    `link add dev ${name} group ${groupOf(mark)} type wireguard`,
    `link set dev ${name} alias ${mark}`,
    '',
  ].join('\n');
  try {
    await context.run('write', ['ip', '-batch', '-'], { stdin });
    return true;
  } catch (error) {
    if (error instanceof HawserError && noKernel.test(error.message)) return false;
    throw error;
  }
}

/** A process of its own session, which lives on when the agent ends. */
async function createInUserspace(context: Context, name: string): Promise<void> {
  const mark = markOf(context.network, name);
  const env = { [processMark]: mark };
  await context.run('write', ['wireguard-go', name], { env, detached: true });
  await context.run('write', ['ip', 'link', 'set', 'dev', name, 'alias', mark]);
}

/** Makes the device: by the kernel if it can, by wireguard-go otherwise; chosen once. */
async function createDevice(context: Context, name: string): Promise<Backend> {
  const { choice } = context;
  if (choice.backend !== 'wireguard-go' && (await createInKernel(context, name))) {
    choice.backend = 'kernel';
  } else {
    await createInUserspace(context, name);
    choice.backend = 'wireguard-go';
  }
  return choice.backend;
}

const socketOf = (name: string): string => `/var/run/wireguard/${name}.sock`;

/** wireguard-go ends when its device is gone, and takes its socket with it; a dead one's stays. */
async function waitForSocket(context: Context, name: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const argv = ['find', '/var/run/wireguard', '-name', `${name}.sock`];
    const found = await context.run('read', argv, { exits: [0, 1] });
    if (!found.includes(socketOf(name))) return;
    await sleep(20);
  }
}

export async function deleteDevice(context: Context, name: string): Promise<void> {
  await context.run('write', ['ip', 'link', 'del', 'dev', name]);
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
  if (words.length > 0) await context.run('write', ['wg', 'set', item.interface, ...words]);
}

/** A tunnel from nothing; what is left of one that died is taken away first. */
export async function createTunnel(context: Context, item: TunnelItem): Promise<void> {
  const { interface: name, bornIn } = item;
  if (bornIn !== context.namespace) {
    const args = { interface: name, bornIn, livesIn: context.namespace };
    throw hostErrors.error('host/other-namespace', args);
  }
  if (context.broken.has(name)) await deleteDevice(context, name);
  context.backends.set(name, await createDevice(context, name));
  context.broken.delete(name);
  await configure(context, item);
}
