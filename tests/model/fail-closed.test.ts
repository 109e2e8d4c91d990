import fc from 'fast-check';
import { test } from 'vitest';
import type { HostState } from '#state';
import { modelOf, networkFrom, worldFrom } from './compiled.ts';
import { runs } from './effort.ts';
import { namesOf, questionOf } from './exhaustive.ts';
import { drafts, yamlOf } from './networks.ts';
import { localAddresses } from './routing.ts';
import { walkOn } from './walker.ts';
import { networkSpace, Terrain, type World } from './world.ts';

/** What the kernel leaves of a machine's state when its tunnel's device is deleted. */
function withoutDevice(state: HostState, device: string): HostState {
  const space = networkSpace(state);
  const { addresses, routes, forwarding, ...rest } = space;
  const stays = (item: { readonly device?: unknown }): boolean => item.device !== device;
  const without = {
    ...rest,
    addresses: { v: 1 as const, items: (addresses?.items ?? []).filter(stays) },
    routes: { v: 1 as const, items: (routes?.items ?? []).filter(stays) },
    forwarding: { v: 1 as const, items: (forwarding?.items ?? []).filter(stays) },
  };
  const namespaces = Object.entries(state.namespaces).map(
    ([name, one]) => [name, one === space ? without : one] as const,
  );
  return { ...state, namespaces: Object.fromEntries(namespaces) };
}

/** Machines of ours with a tunnel, and its device. */
const tunnelled = (world: World): [string, string][] =>
  [...new Terrain(world).parties.values()].flatMap((party): [string, string][] => {
    const device = Object.values(party.state?.tunnels ?? {})[0]?.interface;
    return party.ours && device !== undefined ? [[party.name, device]] : [];
  });

/** Packets that the machine hands to its tunnel, and without it to somebody else. */
function leaks(world: World, machine: string, device: string): string[] {
  const state = world.states.get(machine) as HostState;
  const states = new Map(world.states).set(machine, withoutDevice(state, device));
  const [whole, broken] = [new Terrain(world), new Terrain({ ...world, states })];
  const names = namesOf(world.network);
  return names.flatMap((from) =>
    names.flatMap((to) =>
      localAddresses(whole.party(to)).flatMap((destination) => {
        const question = questionOf(from, destination, { protocol: 'icmp' });
        const leaving = (terrain: Terrain) =>
          walkOn(terrain, question).hops.find((hop) => hop.machine === machine)?.interface;
        if (leaving(whole) !== device) return [];
        const way = leaving(broken);
        return way === undefined ? [] : [`${from} -> ${destination} leaves ${machine} by ${way}`];
      }),
    ),
  );
}

test('what a machine hands to its tunnel it refuses while the tunnel is gone', () => {
  const networks = fc.property(drafts({ sites: 3, members: 2 }), (draft) => {
    const world = worldFrom(modelOf(networkFrom(draft)));
    const found = tunnelled(world).flatMap(([machine, device]) => leaks(world, machine, device));
    if (found.length > 0) throw new Error([...found.slice(0, 5), yamlOf(draft)].join('\n'));
  });
  fc.assert(networks, runs(25));
});
