import { HawserError } from '#base';
import type { PeerItem } from '#state';
import { type DeviceDump, type PeerDump, parseDumpOf } from '#wireguard';
import type { Context } from '../context.ts';
import { endpointKey } from '../contract.ts';
import type { Run } from '../run.ts';
import { leadsTo, settle } from './endpoint.ts';

/** What wg says of a device for which no wireguard-go answers. Any other failure is an error. */
const nobodyAnswers =
  /Unable to access interface: (?:No such device|Protocol not supported|Operation not supported)/;

/** A wireguard-go that dies under our eyes takes its device along. */
const exists = async (run: Run, name: string): Promise<boolean> =>
  (await run('read', ['ip', '-br', 'link', 'show'])).includes(`${name} `);

/** A device's dump; undefined if nobody answers for it (its wireguard-go is dead). */
export async function dumpOf(run: Run, name: string): Promise<DeviceDump | undefined> {
  try {
    return parseDumpOf(name, await run('read', ['wg', 'show', name, 'dump']));
  } catch (error) {
    if (error instanceof HawserError && nobodyAnswers.test(error.message)) return undefined;
    if (!(await exists(run, name))) return undefined;
    throw error;
  }
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

const sorted = (list: readonly string[]): readonly string[] =>
  list.length < 2 ? list : list.toSorted();

/** `id@version` if the key in the kernel is the wished one. */
function secretName(context: Context, dump: PeerDump, wanted: PeerItem | undefined) {
  if (!dump.presharedKey) return undefined;
  const name = wanted?.presharedKey;
  const value = name === undefined ? undefined : context.wish.secret(name);
  return value?.reveal() === dump.presharedKey.reveal() ? name : 'unknown';
}

/** A peer as an item; the wished item itself where they say the same. */
function peerItem(
  context: Context,
  device: string,
  dump: PeerDump,
  endpoint: string | undefined,
): PeerItem {
  const wanted = context.wanted.peers.get(`${device} ${dump.publicKey}`);
  const allowedIps = sorted(dump.allowedIps);
  const presharedKey = secretName(context, dump, wanted);
  const { keepalive } = dump;
  if (
    wanted &&
    wanted.endpoint === endpoint &&
    wanted.keepalive === keepalive &&
    wanted.presharedKey === presharedKey &&
    sameList(wanted.allowedIps, allowedIps)
  ) {
    return wanted;
  }
  return {
    interface: device,
    publicKey: dump.publicKey,
    ...(endpoint !== undefined && { endpoint }),
    keepalive,
    ...(presharedKey !== undefined && { presharedKey }),
    allowedIps,
    ...(wanted?.label !== undefined && { label: wanted.label }),
  };
}

/** The endpoint to tell where a name was wished: a name nobody can resolve now is left alone. */
async function askName(
  context: Context,
  host: string,
  wish: string,
  actual: string,
): Promise<string> {
  const addresses = await context.resolveName(host).catch(() => undefined);
  return !addresses || leadsTo(wish, actual, addresses) ? wish : actual;
}

/** The peers of a device, endpoints settled; names are only asked for where it matters. */
export async function peersOf(context: Context, dump: DeviceDump): Promise<readonly PeerItem[]> {
  const asked: Promise<void>[] = [];
  const peers = dump.peers.map((peer, index): PeerItem => {
    const id = `${dump.name} ${peer.publicKey}`;
    const lastSet = context.wish.endpoints.get(endpointKey(context.namespace, id));
    const wanted = context.wanted.peers.get(id);
    const age = context.ages.of(endpointKey(context.namespace, id), peer.latestHandshake);
    const { endpoint, ask } = settle({ wanted, dump: peer, lastSet, age });
    if (ask !== undefined && wanted?.endpoint !== undefined && endpoint !== undefined) {
      const answer = askName(context, ask, wanted.endpoint, endpoint);
      asked.push(answer.then((told) => void (peers[index] = peerOf(peer, told))));
    }
    return peerOf(peer, endpoint);
  });
  await Promise.all(asked);
  return peers;

  function peerOf(peer: PeerDump, endpoint: string | undefined): PeerItem {
    return peerItem(context, dump.name, peer, endpoint);
  }
}
