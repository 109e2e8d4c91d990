import { putItem, type VethItem } from '#state';
import { type Context, type LinuxFacility, startsPair } from '../context.ts';
import type { Device } from '../devices.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { ipBatch, ipLines } from '../ip-batch.ts';
import { lacksKind } from '../lacks.ts';
import { groupOf, isAdopted, pairMarkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';

const pairMark = ({ network, namespace }: Context, name: string): string =>
  pairMarkOf(network, namespace, name);

interface Far {
  readonly namespace: string;
  readonly device: Device;
}

function farEnd(context: Context, name: string): Far | undefined {
  const mark = pairMark(context, name);
  for (const [namespace, devices] of context.everywhere) {
    const device = devices.all.find(({ alias }) => alias === mark);
    if (device && namespace !== context.namespace) return { namespace, device };
  }
  return undefined;
}

/** What nobody wished of the other end may be anything. */
function itemOf(context: Context, { name, mac = '', up, master = '' }: Device): VethItem {
  const far = farEnd(context, name);
  const { peerMac = '', mtu = 0 } = context.wanted.veths.get(name) ?? {};
  return {
    name,
    mac,
    namespace: far?.namespace ?? '',
    peer: far?.device.name ?? '',
    bridge: far?.device.master ?? '',
    addresses: [...(far?.device.addresses ?? [])].sort(),
    on: master,
    peerMac: peerMac && (far?.device.mac ?? ''),
    mtu: mtu && (far?.device.mtu ?? 0),
    up: up && (far?.device.up ?? false),
  };
}

const netns = (namespace: string): readonly string[] =>
  namespace === 'root' ? [] : ['netns', namespace];

/** What the ports beside the other end carry, which the pair is to carry as well. */
function mtuBeside(context: Context, { namespace }: VethItem): readonly string[] {
  const beside = context.everywhere.get(namespace)?.all.filter(({ alias }) => isAdopted(alias));
  const mtus = namespace === 'root' ? [] : (beside ?? []).map(({ mtu }) => mtu);
  return mtus.length === 0 ? [] : ['mtu', String(Math.min(...mtus))];
}

/**
 * One left unmarked by who died making it goes first: the namespace is ours, or the group of the device says so. It
 * may go by itself meanwhile, as one does whose other end was in a namespace that was torn down.
 */
async function make(context: Context, item: VethItem): Promise<void> {
  const { name, mac, peer } = item;
  if (context.devices.get(name)) {
    await context.run('write', ['ip', 'link', 'del', 'dev', name], { exits: [0, 1] });
  }
  const mtu = mtuBeside(context, item);
  const alias = pairMark(context, name);
  const group = ['group', String(groupOf(alias))];
  const made = context.runInRoot('write', [
    ...['ip', 'link', 'add', 'name', name, ...netns(context.namespace), 'address', mac, ...mtu],
    ...group,
    ...['type', 'veth', 'peer', 'name', peer, ...netns(item.namespace), ...mtu],
  ]);
  await made.catch((error: unknown) => {
    if (!lacksKind(error)) throw error;
    const args = { device: name, namespace: context.namespace };
    throw hostErrors.error('host/no-veth', args, { cause: error });
  });
  await ipLines(context.run, [`link set dev ${name} alias ${alias}`]);
  await ipLines(context.runIn(item.namespace), [`link set dev ${peer} alias ${alias}`]);
}

const isOther = (a: VethItem, b: VethItem): boolean =>
  a.namespace !== b.namespace || a.peer !== b.peer;

/** The far end is finished first, so that a pair that is up leads somewhere. */
async function establish(context: Context, item: VethItem, before?: VethItem): Promise<void> {
  const { name, mac, peer, bridge, addresses, on, peerMac, mtu } = item;
  if (!before || isOther(before, item)) await make(context, item);
  const kept = before && !isOther(before, item) ? before.addresses : [];
  const nodad = (address: string): string => (address.includes(':') ? ' nodad' : '');
  await ipLines(context.runIn(item.namespace), [
    ...onto(peer, bridge),
    ...(peerMac === '' ? [] : [`link set dev ${peer} address ${peerMac}`]),
    ...(mtu === 0 ? [] : [`link set dev ${peer} mtu ${mtu}`]),
    ...kept
      .filter((one) => !addresses.includes(one))
      .map((one) => `address del ${one} dev ${peer}`),
    ...addresses.map((one) => `address replace ${one} dev ${peer}${nodad(one)}`),
    `link set dev ${peer} up`,
  ]);
  await ipLines(context.run, [...onto(name, on), `link set dev ${name} address ${mac} up`]);
}

const onto = (device: string, bridge: string): readonly string[] =>
  bridge === ''
    ? []
    : [`link set dev ${device} addrgenmode none`, `link set dev ${device} master ${bridge}`];

/** Pairs of devices that lead out of a namespace. Both ends go together, with the first of their namespaces. */
export const veth: LinuxFacility = {
  name: 'veths',
  v: 2,

  observe: async (context) => (into) => {
    for (const device of context.devices.all) {
      if (startsPair(context, device.name)) putItem(into, 'veths', itemOf(context, device));
    }
  },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'veths'), ({ item, before }) => establish(context, item, before)),

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'veths').map(({ change, item }) => ({
        change,
        line: `link del dev ${item.name}`,
      })),
    ),
};
