import type { Command } from 'commander';
import { print, printJson } from '../output.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';

type Flags = NetworkOptions & Reasoned;

const setFrozen =
  (frozen: boolean) =>
  (options: Flags): Promise<void> =>
    inNetwork(options, async (client, network) => {
      const body = { frozen, why: options.message };
      await client.call('freeze', { params: { network }, body });
      if (options.json) printJson({ network, frozen });
      else if (frozen) print(`${network} is frozen: no machine changes until \`hawser thaw\``);
      else print(`${network} is thawed: machines become what the file says`);
    });

export const freezeCommand = (): Command =>
  ofNetwork('freeze', 'change nothing on any machine until thawed')
    .option(...reason)
    .action(setFrozen(true));

export const thawCommand = (): Command =>
  ofNetwork('thaw', 'let machines become what the file says again')
    .option(...reason)
    .action(setFrozen(false));
