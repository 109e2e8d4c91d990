import type { Logger } from 'pino';
import type { LeaveMessage } from '#api';
import type { Network } from '../network/network.ts';
import { because } from './because.ts';

/** Lets a machine go that leaves: that is told to it by the removal that it asked for. */
export function leave(
  network: Network,
  log: Logger,
  identity: string,
  { keepsPlace, why }: LeaveMessage,
): void {
  network
    .commit(async ({ byIdentity }, decide) => {
      const machine = byIdentity.get(identity);
      if (!machine) return undefined;
      const edit = await decide({ name: keepsPlace ? 'vacate' : 'leave', input: machine });
      return edit && why ? because(edit, why) : edit;
    })
    .catch((error: unknown) => log.error({ err: error }, 'a machine could not leave'));
}
