import { type Command, Option } from 'commander';
import { type TunnelState, tunnelStates } from '#api';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { tunnelsText } from '../remote/tunnels.ts';
import { show, type WatchOptions, watching } from '../remote/watch.ts';

interface TunnelsOptions extends NetworkOptions, WatchOptions {
  readonly state?: TunnelState;
  readonly json?: boolean;
}

export const tunnelsCommand = (): Command =>
  ofNetwork('tunnels', 'the tunnels of a network, how each is and by what evidence')
    .argument('[machine]', 'only those of this one')
    .addOption(new Option('--state <state>', 'only those that are so').choices(tunnelStates))
    .option(...watching)
    .action((machine: string | undefined, { state, ...options }: TunnelsOptions) =>
      inNetwork(options, (client, network) =>
        show(options, {
          ask: () => client.call('tunnels', { params: { network }, query: { machine, state } }),
          text: tunnelsText,
          gist: ({ tunnels }) =>
            tunnels.map(({ state: is, ends: [a, b] }) => [a.machine, b.machine, is]),
        }),
      ),
    );
