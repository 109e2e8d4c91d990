import type { FileSet } from '#api';
import { allocate, type Plan, plan, settled } from '#compile';
import type { Network } from '#spec';
import { serveClouds } from './cloud-dhcp.ts';
import { applyDirectly } from './direct/change.ts';
import { labErrors } from './errors.ts';
import type { Report } from './events.ts';
import { type Lab, labOf, ownRevision } from './lab.ts';
import { listenEverywhere } from './listening.ts';
import { plug } from './plug.ts';
import { writeLab } from './registry.ts';
import { dropPlainRoutes, setPlainRoutes } from './routes.ts';
import { applyAtServer } from './server/change.ts';
import { store } from './store.ts';
import { underlayDifference } from './underlay/compare.ts';
import { underlayOf } from './underlay/underlay.ts';
import { reimportUnmanaged } from './unmanaged.ts';
import { withoutKeys } from './without-keys.ts';

export interface ApplyOptions {
  readonly network: Network;
  /** Of the network, for the lab's server; absent where it has none. */
  readonly files?: FileSet;
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly report?: Report;
}

/**
 * Makes a lab that is up what a changed file says: machines, keys and addresses given out stay. Typed again
 * after a failure it goes on from there. Throws `lab/needs-rebuild` before anything is done, and
 * `compile/other-network`.
 */
export async function applyFile(
  lab: Lab,
  { report = () => undefined, ...options }: ApplyOptions,
): Promise<{ readonly lab: Lab; readonly changes: Plan }> {
  const draft = drafted(lab, options);
  const changes = plan(lab.model, draft.model);
  await plug(lab.keeper, draft.underlay);
  const { files } = options;
  const next = files
    ? await applyAtServer(draft, files, report)
    : await applyDirectly(lab, draft, report);
  await dropPlainRoutes(lab, next);
  await setPlainRoutes(next);
  await reimportUnmanaged(lab, next);
  await serveClouds(next);
  await store(next);
  await writeLab(next.record);
  await listenEverywhere(next);
  return { lab: next, changes };
}

/** The lab as the changed file has it; nothing is done yet. */
function drafted(lab: Lab, { network: given, file }: Omit<ApplyOptions, 'report'>): Lab {
  const network = withoutKeys(given);
  const { name, server } = lab.record;
  const { ledger } = allocate(network, lab.facts.ledger, 1);
  const underlay = underlayOf(settled(network, ledger), server);
  const reason = underlayDifference(lab.underlay, underlay) ?? managedDifference(lab, network);
  if (reason !== undefined) throw labErrors.error('lab/needs-rebuild', { name, file, reason });
  const facts = { ...lab.facts, ledger };
  const record = { ...lab.record, file };
  return labOf({ ...lab, record, underlay }, { network, facts, revision: ownRevision });
}

function managedDifference(lab: Lab, network: Network): string | undefined {
  const before = new Map(lab.network.members.map(({ name, managed }) => [name, managed]));
  const other = network.members.find(({ name, managed }) => before.get(name) !== managed);
  return other && `${other.name} would ${other.managed ? 'get' : 'lose'} its agent`;
}
