import { type NamespaceBuilder, putItem, type TunnelItem } from '#state';
import type { DeviceDump } from '#wireguard';
import { type Context, type Fill, isGivenBack } from '../context.ts';
import type { Device } from '../devices.ts';
import { groupOf, markOf, networkOf } from '../mark.ts';
import { runAt } from './move.ts';
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

function livesIn({ lives }: Context, name: string): Pick<TunnelItem, 'livesIn'> {
  const namespace = lives.get(name);
  return namespace === undefined ? {} : { livesIn: namespace };
}

const tunnelItem = (context: Context, name: string, dump: DeviceDump | undefined): TunnelItem => ({
  interface: name,
  bornIn: context.wanted.tunnels.get(name)?.bornIn ?? context.namespace,
  ...livesIn(context, name),
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
  const dump = await dumpOf(runAt(context, name), name);
  if (!dump) return (into) => putBroken(context, into, name);
  const peers = isGivenBack(context, device) ? [] : await peersOf(context, dump);
  return (into) => {
    putItem(into, 'tunnels', tunnelItem(context, name, dump));
    for (const peer of peers) into.peers.set(`${name} ${peer.publicKey}`, peer);
  };
}

/** Our tunnels whose devices live in other namespaces than the agent's own. */
function* movedOut({ everywhere, network, namespace, lives }: Context): Iterable<Device> {
  for (const [other, { all }] of everywhere) {
    if (other === namespace) continue;
    for (const device of all) {
      if (!isTunnel(device) || networkOf(device.alias) !== network) continue;
      lives.set(device.name, other);
      yield device;
    }
  }
}

/** Our tunnels by the alias of their devices, and their peers. */
export async function observeTunnels(context: Context): Promise<Fill> {
  const wanted = [...context.wanted.tunnels.keys()];
  const moved = [...movedOut(context)];
  const isMoved = ({ name }: Device): boolean => context.lives.has(name);
  const here = context.devices.all.filter(
    (device) => (isTunnel(device) || wanted.includes(device.name)) && !isMoved(device),
  );
  const devices = [...here, ...moved];
  const fills = await Promise.all(devices.map((device) => observeDevice(context, device)));
  return (into) => {
    for (const fill of fills) fill(into);
  };
}
