import { type FdbItem, putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { ipBatch } from '../ip-batch.ts';
import { readJson } from '../json.ts';
import { networkOf } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';

interface Entry {
  readonly mac: string;
  readonly ifname: string;
  readonly dst?: string;
  readonly master?: string;
  readonly state?: string;
}

const ourVxlans = ({ devices, network }: Context): ReadonlySet<string> =>
  new Set(
    devices.all
      .filter(({ vxlan, alias }) => vxlan && networkOf(alias) === network)
      .map(({ name }) => name),
  );

/** Where a VXLAN device sends, and that its bridge sends it there: both or neither make an entry. */
function itemsOf(entries: readonly Entry[], ours: ReadonlySet<string>): readonly FdbItem[] {
  const own = entries.filter(({ ifname }) => ours.has(ifname));
  const known = new Set(
    own
      .filter(({ master, state }) => master !== undefined && state === 'static')
      .map(({ ifname, mac }) => `${ifname} ${mac}`),
  );
  const sent = new Map(
    own.flatMap((one) => (one.dst ? [[`${one.ifname} ${one.mac}`, one.dst]] : [])),
  );
  return [...new Set([...known, ...sent.keys()])].map((key) => {
    const [device = '', mac = ''] = key.split(' ');
    return { device, mac, to: (known.has(key) && sent.get(key)) || '' };
  });
}

const put = ({ device, mac, to }: FdbItem): readonly string[] => [
  `fdb replace ${mac} dev ${device} dst ${to} self permanent`,
  `fdb replace ${mac} dev ${device} master static`,
];

const take = ({ device, mac }: FdbItem): readonly string[] => [
  `fdb del ${mac} dev ${device} master`,
  `fdb del ${mac} dev ${device} self`,
];

/** Who is behind the VXLAN devices of ours: all of their entries. */
export const fdb: LinuxFacility = {
  name: 'fdb',
  v: 1,

  async observe(context) {
    const ours = ourVxlans(context);
    if (ours.size === 0) return () => undefined;
    const text = await context.run('read', ['bridge', '-j', 'fdb', 'show']);
    const items = itemsOf(readJson<readonly Entry[]>('bridge', text), ours);
    return (into) => {
      for (const item of items) putItem(into, 'fdb', item);
    };
  },

  establish({ run, wanted, remade }, changes) {
    const wished = wishesOf(changes, 'fdb');
    const lines = wished.flatMap(({ change, item }) => put(item).map((line) => ({ change, line })));
    // With a device that was made anew its entries went; whoever made it is told of a failure.
    const told = new Set(wished.map(({ item }) => item));
    const anew = wishesOf(changes, 'vxlans').filter(({ item }) => remade.has(item.name));
    const more = anew.flatMap(({ change, item }) =>
      [...wanted.fdb.values()]
        .filter(({ device }) => device === item.name)
        .filter((entry) => !told.has(entry))
        .flatMap((entry) => put(entry).map((line) => ({ change, line }))),
    );
    return ipBatch(run, [...lines, ...more], [], 'bridge');
  },

  withdraw: ({ run }, changes) =>
    ipBatch(
      run,
      removalsOf(changes, 'fdb').flatMap(({ change, item }) =>
        take(item).map((line) => ({ change, line })),
      ),
      [],
      'bridge',
    ),
};
