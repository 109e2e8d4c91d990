import { type ForwardingItem, idOf, putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { together } from '../failure.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { restore, set } from '../sysctl/restore.ts';
import { acceptRaPath, forwardingOf, v4Path, v6AllPath, v6Path } from './paths.ts';

/** Devices whose router advertisements would be ignored once all of IPv6 forwards. */
async function keepAdvertisements(context: Context): Promise<Map<string, string>> {
  const paths = context.devices.all.map(({ name }) => acceptRaPath(name));
  const now = await context.kernel.read(['net/ipv6/conf/default/accept_ra', ...paths]);
  return new Map([...now].filter(([, value]) => value === '1').map(([path]) => [path, '2']));
}

/** The sysctls that make a device forward, in the order to set them. */
async function switches(context: Context, item: ForwardingItem): Promise<Map<string, string>> {
  if (item.family === 4) return new Map([[v4Path(item.device), '1']]);
  const path = v6Path(item.device);
  const known = await context.kernel.read([v6Path('default')]);
  if (known.size > 0) return new Map([[path, '1']]);
  return new Map([...(await keepAdvertisements(context)), [v6AllPath, '1']]);
}

const pathsOf = (item: ForwardingItem): readonly string[] =>
  item.family === 4 ? [v4Path(item.device)] : [v6Path(item.device), v6AllPath];

/** Claimed paths of a forwarding that is to end. */
function claimedPaths(context: Context, item: ForwardingItem): readonly string[] {
  const claimed = [...context.claims.sysctls(context.namespace).keys()];
  if (item.device !== 'all') return claimed.filter((path) => pathsOf(item)[0] === path);
  const advertisements = claimed.filter((path) => path.endsWith('/accept_ra'));
  return [v6AllPath, ...advertisements];
}

function isOn(item: ForwardingItem, values: ReadonlyMap<string, string>): boolean {
  const [ofDevice, ofAll] = pathsOf(item).map((path) => values.get(path));
  return (ofDevice ?? ofAll) === '1';
}

/** What we switched on and nobody wants any more. */
function leftovers(context: Context): ForwardingItem[] {
  const { forwarding: wanted } = context.wanted;
  const needsAll = [...wanted.values()].some(({ family }) => family === 6);
  return [...context.claims.sysctls(context.namespace).keys()].flatMap((path) => {
    const item = forwardingOf(path);
    if (!item || wanted.has(idOf.forwarding(item))) return [];
    if (context.claims.othersWant(context.namespace, path)) return [];
    return item.device === 'all' && needsAll ? [] : [item];
  });
}

/** Forwarding per device and family, never for the whole machine where the kernel can tell apart. */
export const forwarding: LinuxFacility = {
  name: 'forwarding',
  v: 1,

  async observe(context) {
    const wanted = [...context.wanted.forwarding.values()];
    const values = await context.kernel.read([...new Set(wanted.flatMap(pathsOf))]);
    const on = wanted.filter((item) => isOn(item, values));
    return (into) => {
      for (const item of [...on, ...leftovers(context)]) putItem(into, 'forwarding', item);
    };
  },

  async establish(context, changes) {
    const failures = await Promise.all(
      wishesOf(changes, 'forwarding').map(({ change, item }) =>
        together([change], async () => set(context, await switches(context, item))),
      ),
    );
    return failures.flat();
  },

  async withdraw(context, changes) {
    const failures = await Promise.all(
      removalsOf(changes, 'forwarding').map(({ change, item }) =>
        together([change], () => restore(context, claimedPaths(context, item))),
      ),
    );
    return failures.flat();
  },
};
