import { type Command, Option } from 'commander';
import { type TunnelState, tunnelStates } from '#api';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { historyText } from '../remote/history.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { tunnelsText } from '../remote/tunnels.ts';
import { show, type WatchOptions, watching } from '../remote/watch.ts';
import { momentOf } from '../times.ts';

interface TunnelsOptions extends NetworkOptions, WatchOptions {
  readonly state?: TunnelState;
  readonly json?: boolean;
  readonly history?: boolean;
  readonly since: string;
}

export const tunnelsCommand = (): Command =>
  ofNetwork('tunnels', 'the tunnels of a network, how each is and by what evidence')
    .argument('[machine]', 'only those of this one')
    .argument('[other]', 'only the one to this other; with --history, how it went')
    .addOption(new Option('--state <state>', 'only those that are so').choices(tunnelStates))
    .option('--history', 'how the tunnel between two machines went')
    .option('--since <time>', 'of that: how far back, 30m, 12h, 7d or a time', '24h')
    .option(...watching)
    .action(
      (
        machine: string | undefined,
        other: string | undefined,
        { state, history, since, ...options }: TunnelsOptions,
      ) =>
        inNetwork(options, async (client, network) => {
          if (history) {
            const [a, b] = bothOf(machine, other);
            const query = { from: momentOf(since, -1) };
            const found = await client.call('tunnelHistory', { params: { network, a, b }, query });
            if (options.json) printJson(found);
            else print(historyText(found));
            return;
          }
          await show(options, {
            ask: () =>
              client.call('tunnels', { params: { network }, query: { machine, other, state } }),
            text: tunnelsText,
            gist: ({ leftOut = {}, tunnels }) => ({
              leftOut,
              tunnels: tunnels.map(({ state: is, ends: [a, b] }) => [a.machine, b.machine, is]),
            }),
          });
        }),
    );

/** @throws cli/no-tunnel-named */
function bothOf(machine: string | undefined, other: string | undefined): readonly [string, string] {
  if (machine !== undefined && other !== undefined) return [machine, other];
  throw cliErrors.error('cli/no-tunnel-named', {});
}
