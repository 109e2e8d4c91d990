import { putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { endStray } from '../dnsmasq/process.ts';
import { hostErrors } from '../errors.ts';
import { oneByOne } from '../failure.ts';
import { ipLines } from '../ip-batch.ts';
import { readJson } from '../json.ts';
import { lacksSpaces } from '../lacks.ts';
import { isAdopted, markOf, networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';

/** Whether the namespace is the agent's own, or one that this network made: its `lo` says so. */
export const isOurSpace = ({ namespace, network, devices }: Context): boolean =>
  namespace === 'root' || networkOf(devices.get('lo')?.alias) === network;

/** Whether others made the namespace, and things are added to it, or were. */
export const isExternal = ({ namespace, wish, wanted, claims }: Context): boolean =>
  namespace !== 'root' &&
  (wish.view.has(namespace) ? wanted.spaces.size === 0 : claims.external.includes(namespace));

/** A name may have outlived its namespace, as with a /run that is kept: it goes first. */
async function add(context: Context, name: string): Promise<void> {
  const { runInRoot } = context;
  const names = (await runInRoot('read', ['ip', 'netns', 'list'])).split('\n');
  const isNamed = names.some((line) => line.split(' ')[0] === name);
  if (isNamed) await runInRoot('write', ['ip', 'netns', 'del', name]);
  await endStray(context);
  await runInRoot('write', ['ip', 'netns', 'add', name]).catch((error: unknown) => {
    if (!lacksSpaces(error)) throw error;
    throw hostErrors.error('host/no-namespaces', { namespace: name }, { cause: error });
  });
}

/** Makes it, or marks the one that was made by who died before marking it. */
async function make(context: Context, name: string): Promise<void> {
  if (context.devices.all.length === 0) await add(context, name);
  const mark = markOf(context.network, `space/${name}`);
  await ipLines(context.run, [`link set dev lo alias ${mark}`, 'link set dev lo up']);
}

interface Inside {
  readonly ifname: string;
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind?: string };
}

/** What was lent, and tunnels that have not gone home. */
const isToStay = ({ ifalias, linkinfo }: Inside): boolean =>
  isAdopted(ifalias) ||
  (networkOf(ifalias) !== undefined && /^(?:tun|wireguard)$/.test(linkinfo?.info_kind ?? ''));

/** Removes it, unless something that is to stay is still inside: that would be destroyed with it. */
async function remove({ run, runInRoot }: Context, name: string): Promise<void> {
  const links = readJson<Inside[]>('ip -j', await run('read', ['ip', '-j', '-d', 'link', 'show']));
  const lent = links.find(isToStay);
  if (lent) throw hostErrors.error('host/port-inside', { name, device: lent.ifname });
  await runInRoot('write', ['ip', 'netns', 'del', name]);
}

/** The network namespace itself. It is made before all that is in it, and goes last. */
export const space: LinuxFacility = {
  name: 'spaces',
  v: 1,

  observe: async (context) => (into) => {
    const { namespace: name } = context;
    if (name !== 'root') putItem(into, 'spaces', { name });
  },

  establish: (context, changes) =>
    oneByOne(wishesOf(changes, 'spaces'), ({ item }) => make(context, item.name)),

  withdraw: (context, changes) =>
    oneByOne(removalsOf(changes, 'spaces'), ({ item }) => remove(context, item.name)),
};
