import { entered, type Run } from '#host';
import { type HostState, symbolic, viewOf } from '#state';
import type { Shown } from './control.ts';

/** Runs where the device of a tunnel lives: WireGuard of the kernel is found nowhere else. */
export function runAt(run: Run, { tunnels }: Pick<HostState, 'tunnels'>, device: string): Run {
  const tunnel = Object.values(tunnels).find((one) => one.interface === device);
  const { livesIn = 'root' } = tunnel ?? {};
  return livesIn === 'root' ? run : entered(run, ['ip', 'netns', 'exec', livesIn]);
}

/** Handshakes by interface and public key, seconds since 1970. */
export async function handshakesOf(run: Run, device: string): Promise<ReadonlyMap<string, number>> {
  const text = await run('read', ['wg', 'show', device, 'latest-handshakes']).catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [key = '', seconds = '0'] = line.split('\t');
      return [`${device} ${key}`, Number(seconds)];
    }),
  );
}

/** What a state gives the machine, and whom it has shaken hands with. */
export async function showState(run: Run, state: HostState): Promise<Shown> {
  const view = viewOf(state, symbolic);
  const root = view.get('root');
  const devices = [...(root?.tunnels.keys() ?? [])];
  const found = await Promise.all(
    devices.map((device) => handshakesOf(runAt(run, state, device), device)),
  );
  const handshakes = new Map(found.flatMap((map) => [...map]));
  const own = [...view.values()].flatMap(({ addresses }) =>
    [...addresses.values()].filter(({ device }) => devices.includes(device)),
  );
  return {
    network: state.network,
    machine: state.machine,
    // While a key changes, several devices have the same.
    addresses: [...new Set(own.map(({ address }) => address))],
    peers: [...(root?.peers.entries() ?? [])].map(([id, peer]) => ({
      name: peer.label ?? peer.publicKey,
      interface: peer.interface,
      ...(peer.endpoint !== undefined && { endpoint: peer.endpoint }),
      prefixes: peer.allowedIps,
      ...(handshakes.get(id) && { handshake: handshakes.get(id) ?? 0 }),
    })),
  };
}
