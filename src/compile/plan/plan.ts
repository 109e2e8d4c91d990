import { type Change, diff, viewOf } from '#state';
import { affected } from '../affected.ts';
import type { TestResult } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { hasState, project } from '../project/project.ts';
import { type AccessChange, accessChanges } from './access.ts';
import { accessInside } from './access-inside.ts';
import { type Displaced, displacements } from './displaced.ts';
import { type EndChange, endChanges } from './ends.ts';
import { withoutMadeUpKeys } from './keys.ts';
import { type ManualChange, manualChanges } from './manual.ts';
import { everyName, formerNames } from './names.ts';
import { type Presence, presences } from './presence.ts';
import { failingTests } from './tests.ts';

export interface MachineChanges {
  readonly machine: string;
  readonly what: 'joins' | 'leaves' | 'changes';
  readonly changes: readonly Change[];
}

/** What a change of the file will do, before it does it. */
export interface Plan {
  /** Machines with a state of their own. */
  readonly machines: readonly MachineChanges[];
  /** Machines and plain hosts that come and go, and what that means for the others. */
  readonly presences: readonly Presence[];
  /** Pairs newly allowed and newly denied, of machines that stay. */
  readonly access: readonly AccessChange[];
  /** Lines for plain hosts and routers. */
  readonly manual: readonly ManualChange[];
  /** `machine: peer` whose session begins anew or whose traffic stops for a moment. */
  readonly blinks: readonly { readonly machine: string; readonly change: Change }[];
  /** Unmanaged machines whose exported configuration no longer says what it should. */
  readonly staleExports: readonly string[];
  /** Machines that stay under another name. */
  readonly renamed: readonly { readonly machine: string; readonly was: string }[];
  /** Machines whose address the new file gives to another. */
  readonly displaced: readonly Displaced[];
  /** Members that are cut off at another time. */
  readonly ends: readonly EndChange[];
  /** Tests of the new file that fail, and did not before. */
  readonly failingTests: readonly TestResult[];
}

/** One network twice, as other facts make it: with the keys that are known, say. */
export interface Pair {
  readonly before: Model;
  readonly after: Model;
}

function refuseOther({ before, after }: Pair): void {
  const [old, next] = [before.network.name, after.network.name];
  if (old === next) return;
  const where = { place: after.network.fields.network ?? after.network.place, text: next };
  throw compileErrors.error('compile/other-network', { old, next }, where);
}

/**
 * Typed changes from one linked network to another, with their consequences. Pure. `states`: the two with
 * which it is told what changes on machines, if those are not the same. Throws
 * `compile/other-network` if they are not one network before and after.
 */
export function plan(before: Model, after: Model, states: Pair = { before, after }): Plan {
  refuseOther({ before, after });
  const former = formerNames(before, after);
  const machines = [...machineChanges(states)];
  const stays = machines.filter(({ what }) => what === 'changes');
  const borne = new Set(former.values());
  return {
    machines,
    presences: [
      ...presences(
        after,
        everyName(after).filter((name) => !former.has(name)),
        'joins',
      ),
      ...presences(
        before,
        everyName(before).filter((name) => !borne.has(name)),
        'leaves',
      ),
    ],
    access: [...accessChanges(before, after, former), ...accessInside(before, after)],
    manual: manualChanges(before, after, former),
    blinks: stays.flatMap(({ machine, changes }) =>
      changes.filter(interrupts).map((change) => ({ machine, change })),
    ),
    staleExports: stays
      .filter(({ machine }) => !isManaged(after, machine))
      .map(({ machine }) => machine),
    renamed: [...former].flatMap(([machine, was]) => (machine === was ? [] : [{ machine, was }])),
    displaced: displacements(before, after, former),
    ends: endChanges(before, after, former),
    failingTests: failingTests(before, after),
  };
}

/** Whether anybody has anything to do. */
export const hasChanges = ({ machines, presences: found, renamed, manual, ends }: Plan): boolean =>
  [machines, found, renamed, manual, ends].some(({ length }) => length > 0);

/** A filter changes in one transaction: whom that costs access is told as access. */
const interrupts = (change: Change): boolean =>
  change.impact !== 'none' && !change.facility.startsWith('nft-');

const isManaged = (model: Model, machine: string): boolean =>
  model.nodesByName.get(machine)?.machine.managed ?? true;

/** What changes on each machine, one after another: of a large network nobody may want to know all. */
export function* machineChanges({ before, after }: Pair): Iterable<MachineChanges> {
  refuseOther({ before, after });
  const former = formerNames(before, after);
  const renamed = new Map([...former].filter(([name, old]) => name !== old));
  const shown = withoutMadeUpKeys([before, after]);
  const gone = new Set(renamed.values());
  for (const name of affected(before, after)) {
    if (gone.has(name)) continue;
    const entry = changesOf(before, after, name, renamed.get(name) ?? name);
    if (entry.changes.length === 0 && entry.what === 'changes') continue;
    yield { ...entry, changes: entry.changes.map(shown) };
  }
}

function changesOf(before: Model, after: Model, machine: string, formerly: string): MachineChanges {
  const viewIn = (model: Model, name: string) =>
    hasState(model, name) ? viewOf(project(model, name)) : new Map();
  const [old, next] = [viewIn(before, formerly), viewIn(after, machine)];
  // Of one that is cut off, or has no key yet, a state says nothing: that it comes or goes is not seen there.
  const [was, is] =
    old.size + next.size > 0
      ? [old.size > 0, next.size > 0]
      : [hasState(before, formerly), hasState(after, machine)];
  const what = was === is ? 'changes' : is ? 'joins' : 'leaves';
  return { machine, what, changes: diff(old, next) };
}
