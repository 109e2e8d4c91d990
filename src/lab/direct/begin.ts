import { inParallel } from '#base';
import { allocate, emptyFacts, type Ledger } from '#compile';
import type { Network } from '#spec';
import { counting, type Report } from '../events.ts';
import { type Lab, labOf, ownRevision, stationOf, type World } from '../lab.ts';
import { busyWidth } from '../run.ts';
import { store } from '../store.ts';
import { bringUpUnmanaged, unmanagedKeys } from '../unmanaged.ts';
import { keyOf } from './agent.ts';
import { applyAll } from './passes.ts';
import { storeStates } from './store.ts';

interface Beginning {
  readonly network: Network;
  /** Addresses that were given out already. */
  readonly ledger: Ledger;
  readonly report: Report;
}

/** Makes the machines of a lab what its network says: states are made here, and applied by an agent each. */
export async function beginDirectly(
  world: World,
  { network, ledger, report }: Beginning,
): Promise<Lab> {
  const own = unmanagedKeys(network);
  const isManaged = (name: string) => !own.has(name);
  const exported = [...own].map(([name, { publicKey }]) => [name, { '0': publicKey }] as const);
  const tunnelled = world.underlay.stations.filter(
    ({ kind }) => kind === 'gateway' || kind === 'node' || kind === 'member',
  );
  const names = tunnelled.map(({ name }) => name).filter(isManaged);
  const made = await makeKeys(world, network.name, names, report);
  const facts = {
    ...emptyFacts,
    ledger: allocate(network, ledger, 1).ledger,
    keys: Object.fromEntries([...made, ...exported]),
    observations: {
      ...emptyFacts.observations,
      mtu: Object.fromEntries(tunnelled.map(({ name, mtu }) => [name, mtu])),
    },
  };
  const lab = labOf(world, { network, facts, revision: ownRevision });
  await store(lab);
  await storeStates(lab);
  report({ stage: 'states', done: lab.states.size, all: lab.states.size });
  await applyAll(lab, report);
  await bringUpUnmanaged(lab, own);
  return lab;
}

/** Keys are born on their machines; gives the public ones. */
async function makeKeys(
  world: World,
  network: string,
  machines: readonly string[],
  report: Report,
) {
  const said = counting(report, 'keys', machines.length);
  return inParallel(machines, busyWidth, async (name) => {
    const key = await keyOf(stationOf(world, name), network);
    said(name);
    return [name, { '0': key }] as const;
  });
}
