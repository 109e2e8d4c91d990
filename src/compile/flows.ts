import type { Port } from '#spec';
import type { Trace } from './api.ts';
import { flowClasses } from './classes.ts';
import type { Model } from './model.ts';
import { resolutionOf } from './names/state.ts';
import { nameTable } from './names/table.ts';
import { sharedFamilies, trace } from './trace/trace.ts';

/** A name that a machine should find, and what it should find. */
export interface NameExpected {
  readonly to: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What the file says of flows and names from one machine to some of the others. */
export interface Expectations {
  /** How many others there are to ask about, and how many of them are done with these. */
  readonly all: number;
  readonly done: number;
  readonly flows: readonly Trace[];
  readonly names: readonly NameExpected[];
}

interface Choice {
  readonly from: string;
  /** Absent: every machine and host outside segments. */
  readonly to?: readonly string[] | undefined;
  /** So many were done before, and so many are to come. */
  readonly after?: number | undefined;
  readonly most: number;
  /** Absent: every class that the policy tells apart. */
  readonly ports?: readonly Port[] | undefined;
}

/** Every flow from a machine to some others, in each class and family. @throws compile/unknown-machine */
export function expectationsOf(model: Model, choice: Choice): Expectations {
  const { from, to, after = 0, most, ports } = choice;
  const all = (to ?? reachable(model)).filter((name) => name !== from);
  const others = all.slice(after, after + most);
  const classes = ports ?? flowClasses(model.network);
  return {
    all: all.length,
    done: Math.min(after + most, all.length),
    flows: others.flatMap((name) =>
      sharedFamilies(model, from, name).flatMap((family) =>
        classes.map((port) => trace(model, from, name, port, family)),
      ),
    ),
    names: findsNames(model, from) ? others.flatMap((name) => namesOf(model, name)) : [],
  };
}

const reachable = ({ nodesByName, hostsByName }: Model): readonly string[] =>
  [...nodesByName.keys(), ...hostsByName.keys()].sort();

/** A machine of ours that asks the network's resolvers, or has all names in its hosts file. */
function findsNames(model: Model, name: string): boolean {
  const node = model.nodesByName.get(name);
  if (!node?.machine.managed) return false;
  const { names, splitDns } = resolutionOf(model, node);
  return names !== undefined || splitDns !== undefined;
}

function namesOf(model: Model, to: string): readonly NameExpected[] {
  const name = `${to}.${model.network.dns?.zone}`;
  const addresses = nameTable(model)
    .filter(({ names }) => names.includes(name))
    .map(({ address }) => address);
  return addresses.length === 0 ? [] : [{ to, name, addresses }];
}
