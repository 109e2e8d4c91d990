import type { Network, Port } from '#spec';
import { familyOf } from './address.ts';
import { localAddresses } from './routing.ts';
import { type Question, type WalkResult, type World, walkOn } from './walker.ts';
import { Terrain } from './world.ts';

/** Everybody a policy may name: gateways, nodes, hosts and members, sorted. */
export const namesOf = (network: Network): string[] =>
  [
    ...network.sites.flatMap((site) => [...site.gateways, ...site.nodes, ...site.hosts]),
    ...network.members,
  ]
    .map((party) => party.name)
    .sort();

export const classText = (port: Port): string => {
  if (port.protocol === 'icmp') return 'icmp';
  const range = port.first === port.last ? `${port.first}` : `${port.first}-${port.last}`;
  return `${port.protocol}/${range}`;
};

/** A packet of a class: of a range of ports, the first. */
export const questionOf = (from: string, destination: string, port: Port): Question => ({
  from,
  destination,
  protocol: port.protocol,
  ...(port.protocol !== 'icmp' && { port: port.first }),
});

export interface Cell {
  readonly from: string;
  readonly to: string;
  readonly destination: string;
  readonly port: Port;
  readonly result: WalkResult;
}

/** Every address of everybody, from everybody else, in every class. */
export function* exhaustive(world: World, classes: readonly Port[]): Generator<Cell> {
  const terrain = new Terrain(world);
  const names = namesOf(world.network);
  for (const from of names) {
    for (const to of names) {
      if (from === to) continue;
      for (const destination of localAddresses(terrain.party(to))) {
        for (const port of classes) {
          const result = walkOn(terrain, questionOf(from, destination, port));
          yield { from, to, destination, port, result };
        }
      }
    }
  }
}

/** The verdicts as rows of text, for a person to compare. */
export const matrix = (world: World, classes: readonly Port[]): string[] =>
  [...exhaustive(world, classes)].map(
    ({ from, to, destination, port, result }) =>
      `${from} -> ${to} (IPv${familyOf(destination)} ${destination}) ${classText(port)}: ${result.verdict}`,
  );
