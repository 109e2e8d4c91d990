import type { Command } from 'commander';
import { print, printJson } from '../output.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { driftText } from '../remote/words.ts';

export const driftCommand = (): Command =>
  ofNetwork('drift', 'what was changed on machines by others, and was put back')
    .argument('[machine]', 'only this one')
    .action((machine: string | undefined, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const found = await client.call('drift', { params: { network }, query: { machine } });
        if (options.json) printJson(found);
        else print(driftText(found));
      }),
    );
