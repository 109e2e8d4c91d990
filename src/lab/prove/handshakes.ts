import { inParallel } from '#base';
import { Prefix } from '#ip';
import type { HostState } from '#state';
import { until } from '../run.ts';
import { ask, inSpace } from '../station/client.ts';
import { firstFree } from '../underlay/space.ts';
import type { Stations } from './measure.ts';

/** A tunnel that should have shaken hands. */
export interface MissingHandshake {
  readonly machine: string;
  readonly peer: string;
}

export interface HandshakeWatch {
  /** Called whenever more tunnels are up. */
  readonly onProgress?: (up: number, all: number) => void;
  readonly withinMs: number;
  /** Tunnels that cannot come up: they are not waited for. */
  readonly isDead?: (machine: string, peer: string) => boolean;
}

/** Public key to seconds since the epoch, zero for never: `wg show all latest-handshakes` (wg(8)). */
export function parseHandshakes(text: string): ReadonlyMap<string, number> {
  const lines = text.trim().split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [, key = '', seconds = '0'] = line.split('\t');
      return [key, Number(seconds)];
    }),
  );
}

/**
 * Sends something through each tunnel that has not shaken hands, from one end, then from both, until
 * all have or time is up. An end that lost its session is called anew by the other only when that one has sent
 * data and heard nothing for 15 seconds (WireGuard, section 6.2).
 */
export async function awaitHandshakes(
  stations: Stations,
  states: ReadonlyMap<string, HostState>,
  { onProgress = () => undefined, withinMs, isDead = () => false }: HandshakeWatch,
): Promise<{ expected: number; missing: readonly MissingHandshake[] }> {
  const wanted = [...states].flatMap(([machine, state]) => peersOf(machine, state));
  const dead = wanted.filter(({ machine, peer }) => isDead(machine, peer));
  let open: readonly Wanted[] = wanted.filter((tunnel) => !dead.includes(tunnel));
  let progressAt = performance.now();
  const bothAfter = performance.now() + aloneMs;
  const settled = async () => {
    const now = await stillMissing(stations, open);
    if (now.length < open.length) {
      progressAt = performance.now();
      onProgress(wanted.length - dead.length - now.length, wanted.length);
    }
    open = now;
    await poke(stations, wanted, open, performance.now() > bothAfter);
    return open.length === 0 || (performance.now() - progressAt > stalledMs && areSilent(open));
  };
  await until(settled, { withinMs, everyMs: 150 });
  const missing = [...open, ...(await stillMissing(stations, dead))];
  const named = missing.map(({ machine, peer }) => ({ machine, peer }));
  return { expected: wanted.length, missing: named };
}

/**
 * When nothing came up for so long, none of the calls of both ends was heard: each calls again after
 * five seconds. Where only one end lacks a session, the other has yet to notice.
 */
const stalledMs = 15_000;

function areSilent(open: readonly Wanted[]): boolean {
  const ends = new Set(open.map(({ machine, peer }) => `${machine} ${peer}`));
  return open.every(({ machine, peer }) => ends.has(`${peer} ${machine}`));
}

interface Wanted extends MissingHandshake {
  readonly key: string;
  /** It knows where to find the peer. */
  readonly hasEndpoint: boolean;
  /** An address behind the peer: what is sent there makes the tunnel come up. */
  readonly towards?: string;
}

async function stillMissing(
  stations: Stations,
  missing: readonly Wanted[],
): Promise<readonly Wanted[]> {
  const machines = [...Map.groupBy(missing, ({ machine }) => machine)];
  const still = await inParallel(machines, 8, async ([name, own]) => {
    const station = stations.get(name);
    if (station === undefined) return own;
    const argv = inSpace(station, ['wg', 'show', 'all', 'latest-handshakes']);
    const times = parseHandshakes((await ask(station, { do: 'run', argv })).stdout);
    return own.filter(({ key }) => !times.get(key));
  });
  return still.flat();
}

/** How long one end calls alone: a call that finds nobody is repeated after five seconds. */
const aloneMs = 6000;

/** Whether this end calls first: two that call at once may have to begin anew. */
const callsFirst = ({ machine, peer, hasEndpoint }: Wanted, other: Wanted | undefined): boolean =>
  other === undefined || hasEndpoint !== other.hasEndpoint ? hasEndpoint : machine < peer;

async function poke(
  stations: Stations,
  all: readonly Wanted[],
  missing: readonly Wanted[],
  both: boolean,
): Promise<void> {
  const ends = new Map(all.map((tunnel) => [`${tunnel.machine} ${tunnel.peer}`, tunnel]));
  const opposite = ({ machine, peer }: Wanted) => ends.get(`${peer} ${machine}`);
  const pairs = missing.flatMap((tunnel) => [tunnel, opposite(tunnel) ?? tunnel]);
  const tunnels = [...new Set(pairs)].filter((end) => both || callsFirst(end, opposite(end)));
  await inParallel([...Map.groupBy(tunnels, (t) => t.machine)], 8, async ([name, own]) => {
    const station = stations.get(name);
    const addresses = own.flatMap(({ towards }) => towards ?? []);
    if (station && addresses.length > 0) await ask(station, { do: 'poke', addresses });
  });
}

function peersOf(machine: string, state: HostState): readonly Wanted[] {
  return Object.entries(state.tunnels).flatMap(([tunnel, { peers }]) =>
    Object.entries(peers).map(([peer, { publicKey, endpoint }]) => {
      const towards = addressBehind(state, tunnel, peer);
      const hasEndpoint = endpoint !== undefined;
      return { machine, peer, hasEndpoint, key: publicKey, ...(towards && { towards }) };
    }),
  );
}

/** An address of the most specific prefix bound to a peer: its own overlay address, mostly. */
function addressBehind(state: HostState, tunnel: string, peer: string): string | undefined {
  const prefixes = state.bindings
    .filter(({ candidates }) => candidates.some((c) => c.tunnel === tunnel && c.peer === peer))
    .flatMap((binding) => binding.prefixes.map((text) => Prefix.parse(text)))
    .toSorted((a, b) => share(b) - share(a) || a.compare(b));
  const [prefix] = prefixes;
  if (prefix === undefined) return undefined;
  const address = prefix.isSingle ? prefix.first : (firstFree(prefix, []) ?? prefix.first);
  return `${address}`;
}

/** How specific a prefix is, alike for both families. */
const share = (prefix: Prefix): number => prefix.length / (prefix.family === 4 ? 32 : 128);
