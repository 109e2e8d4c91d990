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

/** VXLAN devices that are not made then, nor anything on them. */
export const notClosed = (changes: readonly Change[]): readonly Failure[] =>
  changes
    .filter(makesVxlan)
    .map((change) => ({ change, error: findingOf(hostErrors.error('host/not-closed', {})) }));
