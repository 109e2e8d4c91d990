import { type Command, Option } from 'commander';
import { type TunnelState, tunnelStates } from '#api';
import { print, printJson } from '../output.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { tunnelsText } from '../remote/tunnels.ts';

interface TunnelsOptions extends NetworkOptions {
  readonly state?: TunnelState;
}

export const tunnelsCommand = (): Command =>
  ofNetwork('tunnels', 'the tunnels of a network, how each is and by what evidence')
    .argument('[machine]', 'only those of this one')
    .addOption(new Option('--state <state>', 'only those that are so').choices(tunnelStates))
    .action((machine: string | undefined, { state, ...options }: TunnelsOptions) =>
      inNetwork(options, async (client, network) => {
        const query = { machine, state };
        const found = await client.call('tunnels', { params: { network }, query });
        if (options.json) printJson(found);
        else print(tunnelsText(found));
      }),
    );
