import type { Command } from 'commander';
import { print, printJson } from '../output.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { fromNow } from '../times.ts';

export const driftCommand = (): Command =>
  ofNetwork('drift', 'what was changed on machines by others, and was put back')
    .argument('[machine]', 'only this one')
    .action((machine: string | undefined, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const found = await client.call('drift', { params: { network }, query: { machine } });
        if (options.json) printJson(found);
        else if (found.length === 0) print('nothing drifted');
        for (const entry of options.json ? [] : found) {
          const times = entry.times > 1 ? `, ${entry.times} times within a day` : '';
          print(`${entry.machine}  ${fromNow(entry.at)}${times}`);
          for (const change of entry.changes) print(`  ${change}`);
        }
      }),
    );
