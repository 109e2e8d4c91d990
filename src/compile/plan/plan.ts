import { type Change, diff, viewOf } from '#state';
import { affected } from '../affected.ts';
import type { Model } from '../model.ts';
import { hasState, project } from '../project/project.ts';
import { type AccessChange, accessChanges } from './access.ts';

export interface MachineChanges {
  readonly machine: string;
  readonly what: 'joins' | 'leaves' | 'changes';
  readonly changes: readonly Change[];
}

/** What a change of the file will do, before it does it. */
export interface Plan {
  readonly machines: readonly MachineChanges[];
  /** Pairs newly allowed and newly denied. */
  readonly access: readonly AccessChange[];
  /** `machine: peer` whose session begins anew or whose traffic stops for a moment. */
  readonly blinks: readonly { readonly machine: string; readonly change: Change }[];
  /** Unmanaged machines whose exported configuration no longer says what it should. */
  readonly staleExports: readonly string[];
}

/** Typed changes from one linked network to another, with their consequences. Pure. */
export function plan(before: Model, after: Model): Plan {
  const machines = affected(before, after)
    .map((name) => changesOf(before, after, name))
    .filter((entry) => entry.changes.length > 0 || entry.what !== 'changes');
  return {
    machines,
    access: accessChanges(before, after),
    blinks: machines
      .filter(({ what }) => what === 'changes')
      .flatMap(({ machine, changes }) =>
        changes.filter(interrupts).map((change) => ({ machine, change })),
      ),
    staleExports: machines
      .filter(({ machine, what }) => what === 'changes' && !isManaged(after, machine))
      .map(({ machine }) => machine),
  };
}

/** A filter changes in one transaction: whom that costs access is told as access. */
const interrupts = (change: Change): boolean =>
  change.impact !== 'none' && !change.facility.startsWith('nft-');

const isManaged = (model: Model, machine: string): boolean =>
  model.nodesByName.get(machine)?.machine.managed ?? true;

function changesOf(before: Model, after: Model, machine: string): MachineChanges {
  const [old, next] = [before, after].map((model) =>
    hasState(model, machine) ? viewOf(project(model, machine)) : new Map(),
  );
  const what = !old?.size ? 'joins' : !next?.size ? 'leaves' : 'changes';
  return { machine, what, changes: diff(old ?? new Map(), next ?? new Map()) };
}
