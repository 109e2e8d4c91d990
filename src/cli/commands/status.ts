import type { Command } from 'commander';
import { print, printJson } from '../output.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { statusText } from '../remote/words.ts';

export const statusCommand = (): Command =>
  ofNetwork('status', 'the machines of a network, and what each has').action(
    (options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const status = await client.call('status', { params: { network } });
        if (options.json) printJson(status);
        else print(statusText(status));
      }),
  );
