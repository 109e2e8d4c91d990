import type { Change, PeerItem } from '#state';
import type { Context } from '../context.ts';
import type { Failure } from '../contract.ts';
import { findingOf, together } from '../failure.ts';
import { movesOf, removalsOf, wishesOf } from '../pick.ts';
import { type PeerWrite, peerSection } from './addconf.ts';
import { nameIn } from './endpoint.ts';
import { runAt } from './move.ts';

/** A section of `wg addconf` and the change it belongs to. */
interface Section {
  readonly change: Change;
  readonly device: string;
  readonly text: string;
  /** Its endpoint is a name, which may not resolve. */
  readonly named: boolean;
}

/** Peers by the change that writes them: moves first, in their own order. */
function writesOf(changes: readonly Change[]): { change: Change; write: PeerWrite }[] {
  const moved = movesOf(changes).flatMap((change) => {
    const before = new Map(change.before.map((peer) => [peer.publicKey, peer]));
    return change.after.map((item) => ({
      change: change as Change,
      write: { item, before: before.get(item.publicKey) },
    }));
  });
  const edited = wishesOf(changes, 'peers').map(({ change, item, before }) => ({
    change: change as Change,
    write: { item, before },
  }));
  return [...moved, ...edited];
}

function sectionsOf(
  context: Context,
  changes: readonly Change[],
): { readonly sections: readonly Section[]; readonly failures: readonly Failure[] } {
  const sections: Section[] = [];
  const failures: Failure[] = [];
  for (const { change, write } of writesOf(changes)) {
    const { item } = write;
    try {
      const text = peerSection(write, context.wish.secret);
      const named = text.includes('Endpoint = ') && nameIn(item.endpoint ?? '') !== undefined;
      sections.push({ change, device: item.interface, text, named });
    } catch (error) {
      failures.push({ change, error: findingOf(error) });
    }
  }
  return { sections, failures };
}

/** A name that does not resolve is told at once; the next run tries again. */
const env = { WG_ENDPOINT_RESOLUTION_RETRIES: '0' };

function addconf(context: Context, sections: readonly Section[]): Promise<readonly Failure[]> {
  const [first] = sections;
  if (!first) return Promise.resolve([]);
  const stdin = sections.map(({ text }) => text).join('\n');
  return together([...new Set(sections.map(({ change }) => change))], () =>
    runAt(context, first.device)('write', ['wg', 'addconf', first.device, '/dev/stdin'], {
      stdin,
      env,
    }),
  );
}

/** All in one; if that fails, the names that may be to blame are tried one by one. */
async function addAll(context: Context, sections: readonly Section[]): Promise<readonly Failure[]> {
  const named = sections.filter((section) => section.named);
  const failures = await addconf(context, sections);
  if (failures.length === 0 || named.length === 0 || sections.length === 1) return failures;
  const plain = sections.filter((section) => !section.named);
  const results = [await addconf(context, plain)];
  for (const section of named) results.push(await addconf(context, [section]));
  return results.flat();
}

/** Keys in one command: far below the limit of what fits into an argv. */
const keysAtOnce = 500;

async function removePeers(
  context: Context,
  gone: readonly { readonly change: Change; readonly peer: PeerItem }[],
): Promise<readonly Failure[]> {
  const failures: (readonly Failure[])[] = [];
  for (const [device, ofDevice] of Map.groupBy(gone, ({ peer }) => peer.interface)) {
    for (let at = 0; at < ofDevice.length; at += keysAtOnce) {
      const some = ofDevice.slice(at, at + keysAtOnce);
      const words = some.flatMap(({ peer }) => ['peer', peer.publicKey, 'remove']);
      failures.push(
        await together(
          some.map(({ change }) => change),
          () => runAt(context, device)('write', ['wg', 'set', device, ...words]),
        ),
      );
    }
  }
  return failures.flat();
}

/** Peers whose prefixes went to others: to be removed after those have them. */
const losersOf = (changes: readonly Change[]): { change: Change; peer: PeerItem }[] =>
  movesOf(changes).flatMap((change) => {
    const stay = new Set(change.after.map(({ publicKey }) => publicKey));
    return change.before
      .filter(({ publicKey }) => !stay.has(publicKey))
      .map((peer) => ({ change: change as Change, peer }));
  });

/** One `wg addconf` for all that is new or different, then what moves leave behind. */
export async function establishPeers(
  context: Context,
  changes: readonly Change[],
): Promise<readonly Failure[]> {
  const { sections, failures } = sectionsOf(context, changes);
  const results = [failures];
  for (const ofDevice of Map.groupBy(sections, ({ device }) => device).values()) {
    results.push(await addAll(context, ofDevice));
  }
  const failed = new Set(results.flat().map(({ change }) => change));
  const losers = losersOf(changes).filter(({ change }) => !failed.has(change));
  results.push(await removePeers(context, losers));
  return results.flat();
}

/** Peers nobody wants any more; those of a device that goes, go with it. */
export function withdrawPeers(
  context: Context,
  changes: readonly Change[],
): Promise<readonly Failure[]> {
  const devices = new Set(removalsOf(changes, 'tunnels').map(({ item }) => item.interface));
  const gone = removalsOf(changes, 'peers')
    .filter(({ item }) => !devices.has(item.interface))
    .map(({ change, item }) => ({ change, peer: item }));
  return removePeers(context, gone);
}
