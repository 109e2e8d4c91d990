import { entered, type Run } from '#host';
import type { HostState } from '#state';
import { forwardingKeys } from '../checks/forwarding.ts';
import type { RouterSeen } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { NotHere } from './not-known.ts';
import { ping } from './ping.ts';

interface Wanted {
  readonly network: string;
  readonly namespace: string;
  /** The device of the machine that it leads to, with the addresses of that. */
  readonly uplink?: { readonly device: string; readonly addresses: readonly string[] };
}

/**
 * Namespaces with a pair that leads to the machine's own, and those of others to which something is added. From one with a
 * bridge leads the end of a member in its segment.
 */
export const routersIn = ({
  network,
  namespaces,
}: Pick<HostState, 'network' | 'namespaces'>): readonly Wanted[] =>
  Object.entries(namespaces).flatMap(([namespace, { veths, external, bridges }]): Wanted[] => {
    if (bridges) return [];
    const out = veths?.items.find(({ peer }) => peer.namespace === 'root')?.peer;
    if (!out) return external ? [{ network, namespace }] : [];
    return [{ network, namespace, uplink: { device: out.name, addresses: out.addresses } }];
  });

/** Whether nothing lets a device forward in a family, and what would. */
async function shutBy(run: Run, device: string, family: 4 | 6): Promise<string | undefined> {
  const keys = forwardingKeys(device, family);
  const values = await Promise.all(
    keys.map(async (key) => run('read', ['cat', `/proc/sys/${key}`], { exits: [0, 1] })),
  );
  // A kernel that has none of them says nothing of itself.
  return values.some((value) => value.trim() === '1')
    ? undefined
    : keys.find((_, index) => values[index]?.trim() === '0')?.replaceAll('/', '.');
}

/** Families of these addresses in which a device does not forward. */
export async function shutFamilies(run: Run, device: string, addresses: readonly string[]) {
  const families = ([4, 6] as const).filter((family) =>
    addresses.some((address) => address.includes(':') === (family === 6)),
  );
  const found = await Promise.all(
    families.map(async (family) => ({ family, key: await shutBy(run, device, family) })),
  );
  return found.flatMap(({ family, key }) => (key === undefined ? [] : [{ family, key }]));
}

/** Routers of segments on this machine: whether they are there, and their next hops answer. */
export async function gatherRouters(gathering: Gathering): Promise<readonly RouterSeen[]> {
  const wanted = (await gathering.get('networks')).flatMap(({ state }) => routersIn(state));
  if (wanted.length === 0) throw new NotHere('no router of a segment is on this machine');
  const { run } = gathering.sources;
  const names = (await run('read', ['ip', 'netns', 'list'])).split('\n');
  const there = new Set(names.map((line) => line.split(' ')[0] ?? ''));
  const look = async ({ network, namespace, uplink }: Wanted): Promise<RouterSeen> => {
    const isThere = there.has(namespace);
    const common = { network, namespace, isThere };
    if (!uplink || !isThere) return { ...common, shut: [], silent: [] };
    const { device, addresses } = uplink;
    const inside = entered(run, ['ip', 'netns', 'exec', namespace]);
    const hops = addresses.map((one) => one.slice(0, one.indexOf('/')));
    const pongs = await Promise.all(
      hops.map((address) => ping(inside, { address }, new Set<string>())),
    );
    return {
      ...common,
      device,
      shut: await shutFamilies(run, device, addresses),
      silent: hops.filter((_, index) => pongs[index] === undefined),
    };
  };
  return Promise.all(wanted.map(look));
}
