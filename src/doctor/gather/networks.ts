import { heldStates, MachineResolver } from '#agent';
import { Devices, entered, linuxHost, type Run } from '#host';
import { emptyNamespace, viewOf } from '#state';
import { type DeviceDump, parseDumpOf, parseDumpOfAll } from '#wireguard';
import type { Facts, OwnNetwork, TunnelSeen } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { NotHere } from './not-known.ts';

export async function gatherDevices(): Promise<Facts['devices']> {
  const devices = await linuxHost().devices(['root']);
  return devices.get('root')?.all ?? [];
}

/** What this machine should be, by the agent that runs, else by what it keeps. */
export async function gatherNetworks(gathering: Gathering): Promise<readonly OwnNetwork[]> {
  const held = await heldStates(gathering.sources.stateDir);
  if (held.length === 0) throw new NotHere('this machine is in no network');
  const devices = new Devices(await gathering.get('devices'));
  const resolver = new MachineResolver(
    devices,
    linuxHost().splitsDns(),
    ({ key }) => key.publicKey ?? '',
  );
  return held.map((one) => ({
    ...one,
    view: viewOf(one.state, resolver).get('root') ?? emptyNamespace(),
  }));
}

/** Namespaces by the tunnels of ours that live in them, apart from the agent's own. */
export const livesIn = (
  networks: readonly Pick<OwnNetwork, 'state'>[],
): ReadonlyMap<string, string> =>
  new Map(
    networks.flatMap(({ state }) =>
      Object.values(state.tunnels).flatMap((tunnel): (readonly [string, string])[] =>
        tunnel.livesIn === 'root' ? [] : [[tunnel.interface, tunnel.livesIn]],
      ),
    ),
  );

/** Runs in a namespace besides the agent's own; without one in that. */
export const runAt = (run: Run, namespace: string | undefined): Run =>
  namespace === undefined ? run : entered(run, ['ip', 'netns', 'exec', namespace]);

/** All WireGuard devices of this machine and their peers, wherever they live; private keys are read over. */
export async function dumpAll(gathering: Gathering): Promise<readonly DeviceDump[]> {
  const { run } = gathering.sources;
  const networks = await gathering.get('networks').catch(() => []);
  const here = parseDumpOfAll(await run('read', ['wg', 'show', 'all', 'dump']));
  const known = new Set(here.map(({ name }) => name));
  const away = [...livesIn(networks)].filter(([name]) => !known.has(name));
  const there = await Promise.all(
    away.map(async ([name, namespace]) => {
      // A namespace that is not there is told elsewhere.
      const text = await runAt(run, namespace)('read', ['wg', 'show', name, 'dump']).catch(
        () => '',
      );
      return text === '' ? [] : [parseDumpOf(name, text)];
    }),
  );
  return [...here, ...there.flat()];
}

export async function gatherTunnels(gathering: Gathering): Promise<readonly TunnelSeen[]> {
  const dumps = await dumpAll(gathering);
  return dumps.map(({ name, listenPort }) => ({ interface: name, listenPort }));
}
