import { heldStates, MachineResolver } from '#agent';
import { Devices, linuxHost } from '#host';
import { emptyNamespace, viewOf } from '#state';
import { type DeviceDump, parseDumpOfAll } from '#wireguard';
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

/** All WireGuard devices of this machine and their peers; private keys are read over. */
export async function dumpAll({ sources: { run } }: Gathering): Promise<readonly DeviceDump[]> {
  return parseDumpOfAll(await run('read', ['wg', 'show', 'all', 'dump']));
}

export async function gatherTunnels(gathering: Gathering): Promise<readonly TunnelSeen[]> {
  const dumps = await dumpAll(gathering);
  return dumps.map(({ name, listenPort }) => ({ interface: name, listenPort }));
}
