import { networkInterfaces } from 'node:os';
import type { Operator } from '../network/cut-off.ts';
import type { Network } from '../network/network.ts';
import type { Hub } from './hub.ts';

/** Addresses of the host that this server runs on. */
function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set(all.map(({ address }) => address));
}

/** Machines of a network whose agents are connected to this server from some addresses. */
function connectedFrom({ snapshot }: Network, hub: Hub, from: ReadonlySet<string>): string[] {
  return [...snapshot.machines.values()].flatMap(({ name, identity }) => {
    const present = hub.present(identity);
    return present && !present.place && from.has(present.card.address) ? [name] : [];
  });
}

const only = (names: readonly string[]): string | undefined =>
  names.length === 1 ? names[0] : undefined;

/** The machine of a network that this server runs on, where it can be told. */
export const servingMachine = (network: Network, hub: Hub): string | undefined =>
  only(connectedFrom(network, hub, ownAddresses()));

/** Who asks: his address, and the machine that he is on as his own agent calls it. */
interface Asker {
  readonly address: string;
  readonly said?: string | undefined;
}

/**
 * The machine of a network that somebody is on who asks from an address: by its overlay address, as the
 * host of this server, or as the only one that is connected from there.
 */
function machineAt(network: Network, hub: Hub, { address, said }: Asker): string | undefined {
  const { names } = network.snapshot;
  if (said !== undefined && names.has(said)) return said;
  const own = [...names.values()].find(({ overlay }) => overlay.includes(address));
  if (own) return own.name;
  if (ownAddresses().has(address)) return servingMachine(network, hub);
  return only(connectedFrom(network, hub, new Set([address])));
}

/** Whom a change may cut off from its network or this server; undefined where it cannot be told. */
export function operatorAt(network: Network, hub: Hub, asker: Asker): Operator | undefined {
  const machine = machineAt(network, hub, asker);
  return machine === undefined ? undefined : { machine, server: servingMachine(network, hub) };
}
