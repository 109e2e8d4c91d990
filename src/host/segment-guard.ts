import type { Change } from '#state';
import type { Failure } from './contract.ts';
import { hostErrors } from './errors.ts';
import { findingOf } from './failure.ts';

const isOfFilter = ({ change: { facility } }: Failure): boolean => facility.startsWith('nft-');

/** Whether a filter of the agent's own namespace could not be set: VXLAN of others might get in. */
export const isOpen = (failures: readonly Failure[]): boolean =>
  failures.some((one) => isOfFilter(one) && one.change.namespace === 'root');

/** What lets packets into a namespace that is not the machine's own, or through it. */
export const opens = ({ facility, kind }: Change): boolean =>
  kind === 'add' && ['vxlans', 'veths', 'forwarding'].includes(facility);

const makesVxlan = ({ facility, kind }: Change): boolean =>
  facility === 'vxlans' && kind !== 'remove';

/** What is not made, since a filter that should stand before it does not. */
export const notClosed = (change: Change): Failure => ({
  change,
  error: findingOf(hostErrors.error('host/not-closed', {})),
});

/** Whether something is not made, by what failed before it. */
export const isNotClosed = (change: Change, failures: readonly Failure[]): boolean =>
  (makesVxlan(change) && isOpen(failures)) ||
  (opens(change) &&
    change.namespace !== 'root' &&
    failures.some((one) => isOfFilter(one) && one.change.namespace === change.namespace));

/** VXLAN devices that are not made then, nor anything on them. */
export const vxlansNotClosed = (changes: readonly Change[]): readonly Failure[] =>
  changes.filter(makesVxlan).map(notClosed);
