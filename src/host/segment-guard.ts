import type { Change } from '#state';
import type { Failure } from './contract.ts';
import { hostErrors } from './errors.ts';
import { findingOf } from './failure.ts';

/** Whether a filter of the agent's own namespace could not be set: VXLAN of others might get in. */
export const isOpen = (failures: readonly Failure[]): boolean =>
  failures.some(
    ({ change: { namespace, facility } }) => namespace === 'root' && facility.startsWith('nft-'),
  );

const makesVxlan = ({ facility, kind }: Change): boolean =>
  facility === 'vxlans' && kind !== 'remove';

/** What is not made, since a filter that should stand before it does not. */
export const notClosed = (change: Change): Failure => ({
  change,
  error: findingOf(hostErrors.error('host/not-closed', {})),
});

/** VXLAN devices that are not made then, nor anything on them. */
export const vxlansNotClosed = (changes: readonly Change[]): readonly Failure[] =>
  changes.filter(makesVxlan).map(notClosed);
