import { Address, Prefix } from '#ip';
import { type Change, diff, type HostState, type PeerItem, symbolic, viewOf } from '#state';
import type { Compiled } from '../network/compiled.ts';

/** What a change does to the tunnels of one machine. */
interface Touched {
  /** Interfaces that are something else themselves: port, key, address, MTU. */
  readonly devices: ReadonlySet<string>;
  /** Peers that are: see `keyOf`. */
  readonly changed: ReadonlySet<string>;
  /** All peers, as they are before and after. */
  readonly peers: readonly PeerItem[];
}

/** A tunnel that changed at both of its ends. */
export interface Both {
  readonly interface: string;
  /** The machine at the other end. */
  readonly partner: string;
}

const keyOf = ({ interface: device, label = '' }: PeerItem): string => `${device} ${label}`;

const sidesOf = (change: Change): readonly object[] => {
  if (change.kind === 'move') return [...change.before, ...change.after];
  return [
    ...(change.kind === 'add' ? [] : [change.before]),
    ...(change.kind === 'remove' ? [] : [change.after]),
  ];
};

/** Under what an item of a tunnel names its interface. */
const deviceIn = { tunnels: 'interface', links: 'name', addresses: 'device' } as const;

function touchedBy(before: HostState, after: HostState): Touched {
  const views = [viewOf(before, symbolic), viewOf(after, symbolic)] as const;
  const devices = new Set<string>();
  const changed = new Set<string>();
  for (const change of diff(...views)) {
    const { facility } = change;
    for (const side of sidesOf(change)) {
      if (facility === 'peers') changed.add(keyOf(side as PeerItem));
      else if (facility === 'tunnels' || facility === 'links' || facility === 'addresses') {
        devices.add(String((side as Readonly<Record<string, unknown>>)[deviceIn[facility]]));
      }
    }
  }
  const peers = views.flatMap((view) =>
    [...view.values()].flatMap((its) => [...its.peers.values()]),
  );
  return { devices, changed, peers };
}

/** Peers with which a tunnel is something else at this end. */
const partnersIn = ({ devices, changed, peers }: Touched): readonly PeerItem[] =>
  peers.filter((peer) => devices.has(peer.interface) || changed.has(keyOf(peer)));

function carries({ allowedIps }: PeerItem, text: string): boolean {
  const address = Address.tryParse(text);
  if (!address) return false;
  const single = Prefix.single(address);
  return allowedIps.some((prefix) => Prefix.tryParse(prefix)?.contains(single));
}

/**
 * A tunnel of a machine that is something else at both of its ends, each of which one of `agents` keeps.
 * `server`: only one that carries packets to that address. Pure.
 */
export function changedAtBothEnds(
  [before, after]: readonly [Compiled, Compiled],
  { machine, server }: { readonly machine: string; readonly server?: string | undefined },
  agents: { has(machine: string): boolean },
): Both | undefined {
  const touched = (name: string): Touched => touchedBy(before.project(name), after.project(name));
  const seen = new Set<string>();
  for (const peer of partnersIn(touched(machine))) {
    const { label: partner = '', interface: device } = peer;
    if (seen.has(partner) || (server !== undefined && !carries(peer, server))) continue;
    seen.add(partner);
    if (!agents.has(partner)) continue;
    if (partnersIn(touched(partner)).some(({ label }) => label === machine)) {
      return { interface: device, partner };
    }
  }
  return undefined;
}
