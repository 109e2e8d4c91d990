import type { TunnelState } from '#api';
import type { Condition } from './track.ts';

/** What a tunnel in a state is told to have become; undefined: nothing is told. The dashboard has the same table. */
export const conditionOfTunnel: Readonly<Record<TunnelState, Condition | undefined>> = {
  ...{ up: 'up', degraded: 'degraded', down: 'down', misconfigured: 'down' },
  // Perhaps a laptop that is off.
  stale: 'degraded',
  ...{ never: undefined, invited: undefined, unknown: undefined },
};
