import { entered } from '#host';
import type { HostState } from '#state';
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
    if (!uplink || !isThere) return { ...common, silent: [] };
    const { device, addresses } = uplink;
    const inside = entered(run, ['ip', 'netns', 'exec', namespace]);
    const path = `/proc/sys/net/ipv4/conf/${device}/forwarding`;
    const forwards = (await run('read', ['cat', path], { exits: [0, 1] })).trim() !== '0';
    const hops = addresses.map((one) => one.slice(0, one.indexOf('/')));
    const pongs = await Promise.all(
      hops.map((address) => ping(inside, { address }, new Set<string>())),
    );
    return {
      ...common,
      device,
      forwards,
      silent: hops.filter((_, index) => pongs[index] === undefined),
    };
  };
  return Promise.all(wanted.map(look));
}
