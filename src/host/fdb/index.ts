import { type Change, type FdbItem, type FloodItem, putItem } from '#state';
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

/** The entry for all that has no other (bridge(8)); a device may have several. */
const all = '00:00:00:00:00:00';

/** Where a VXLAN device sends, and that its bridge sends it there: both or neither make an entry. */
function itemsOf(entries: readonly Entry[], ours: ReadonlySet<string>): readonly FdbItem[] {
  const own = entries.filter(({ ifname, mac }) => ours.has(ifname) && mac !== all);
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

const floodsOf = (entries: readonly Entry[], ours: ReadonlySet<string>): readonly FloodItem[] =>
  entries.flatMap(({ ifname: device, mac, dst: to }) =>
    ours.has(device) && mac === all && to !== undefined ? [{ device, to }] : [],
  );

const putFlood = ({ device, to }: FloodItem): string =>
  `fdb append ${all} dev ${device} dst ${to} self permanent`;

const take = ({ device, mac }: FdbItem): readonly string[] => [
  `fdb del ${mac} dev ${device} master`,
  `fdb del ${mac} dev ${device} self`,
];

interface Wished<T> {
  readonly change: Change;
  readonly item: T;
}

/** Who is behind the VXLAN devices of ours: all of their entries. */
export const fdb: LinuxFacility = {
  name: 'fdb',
  v: 1,

  async observe(context) {
    const ours = ourVxlans(context);
    if (ours.size === 0) return () => undefined;
    const text = await context.run('read', ['bridge', '-j', 'fdb', 'show']);
    const entries = readJson<readonly Entry[]>('bridge', text);
    return (into) => {
      for (const item of itemsOf(entries, ours)) putItem(into, 'fdb', item);
      for (const item of floodsOf(entries, ours)) putItem(into, 'floods', item);
    };
  },

  establish({ run, wanted, remade }, changes) {
    // With a device that was made anew its entries went; whoever made it is told of a failure.
    const anew = wishesOf(changes, 'vxlans').filter(({ item }) => remade.has(item.name));
    const withLost = <T extends { readonly device: string }>(
      wished: readonly Wished<T>[],
      all: Iterable<T>,
    ): readonly Wished<T>[] => {
      const told = new Set(wished.map(({ item }) => item));
      const lost = [...all].filter((item) => !told.has(item));
      const more = anew.flatMap(({ change, item: { name } }) =>
        lost.filter(({ device }) => device === name).map((item) => ({ change, item })),
      );
      return [...wished, ...more];
    };
    const known = withLost(wishesOf(changes, 'fdb'), wanted.fdb.values());
    const floods = withLost(wishesOf(changes, 'floods'), wanted.floods.values());
    const lines = [
      ...known.flatMap(({ change, item }) => put(item).map((line) => ({ change, line }))),
      ...floods.map(({ change, item }) => ({ change, line: putFlood(item) })),
    ];
    return ipBatch(run, lines, [], 'bridge');
  },

  withdraw({ run }, changes) {
    const lines = [
      ...removalsOf(changes, 'fdb').flatMap(({ change, item }) =>
        take(item).map((line) => ({ change, line })),
      ),
      ...removalsOf(changes, 'floods').map(({ change, item: { device, to } }) => ({
        change,
        line: `fdb del ${all} dev ${device} dst ${to} self`,
      })),
    ];
    return ipBatch(run, lines, [], 'bridge');
  },
};
