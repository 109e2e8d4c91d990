import { type NamespaceBuilder, putItem, type TunnelItem } from '#state';
import type { DeviceDump } from '#wireguard';
import { type Context, type Fill, isGivenBack } from '../context.ts';
import type { Device } from '../devices.ts';
import { groupOf, markOf, networkOf } from '../mark.ts';
import { hasMarkedProcess } from './process.ts';
import { dumpOf, peersOf } from './read.ts';

/** `tun`: made by wireguard-go. */
const isTunnel = ({ kind }: Device): boolean => kind === 'wireguard' || kind === 'tun';

/** Whether a device without alias is one of ours whose maker died before giving it one. */
async function isUnfinished(context: Context, device: Device): Promise<boolean> {
  if (device.alias !== undefined || !isTunnel(device)) return false;
  const mark = markOf(context.network, device.name);
  return device.kind === 'wireguard'
    ? device.group === groupOf(mark)
    : hasMarkedProcess(context.run, mark);
}

const tunnelItem = (context: Context, name: string, dump: DeviceDump | undefined): TunnelItem => ({
  interface: name,
  bornIn: context.wanted.tunnels.get(name)?.bornIn ?? context.namespace,
  listenPort: dump?.listenPort ?? 0,
  fwmark: dump?.fwmark ?? 0,
  publicKey: dump?.publicKey ?? '',
});

/** A device that cannot be used is told only if it is to go: else it is as good as absent. */
function putBroken(context: Context, into: NamespaceBuilder, name: string): void {
  context.broken.add(name);
  if (!context.wanted.tunnels.has(name)) {
    putItem(into, 'tunnels', tunnelItem(context, name, undefined));
  }
}

async function observeDevice(context: Context, device: Device): Promise<Fill> {
  const { name } = device;
  const ours = networkOf(device.alias) === context.network && isTunnel(device);
  if (!ours) {
    const unfinished = await isUnfinished(context, device);
    return unfinished ? (into) => putBroken(context, into, name) : () => {};
  }
  context.backends.set(name, device.kind === 'wireguard' ? 'kernel' : 'wireguard-go');
  const dump = await dumpOf(context.run, name);
  if (!dump) return (into) => putBroken(context, into, name);
  const peers = isGivenBack(context, device) ? [] : await peersOf(context, dump);
  return (into) => {
    putItem(into, 'tunnels', tunnelItem(context, name, dump));
    for (const peer of peers) into.peers.set(`${name} ${peer.publicKey}`, peer);
  };
}

/** Our tunnels by the alias of their devices, and their peers. */
export async function observeTunnels(context: Context): Promise<Fill> {
  const wanted = [...context.wanted.tunnels.keys()];
  const devices = context.devices.all.filter(
    (device) => isTunnel(device) || wanted.includes(device.name),
  );
  const fills = await Promise.all(devices.map((device) => observeDevice(context, device)));
  return (into) => {
    for (const fill of fills) fill(into);
  };
}
