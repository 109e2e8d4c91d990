import type { Command } from 'commander';
import type { MonitorsStatus } from '#api';
import { cliErrors } from '../errors.ts';
import type { Client } from '../remote/client.ts';
import { monitorsText, monitorText } from '../remote/monitors.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { show, type WatchOptions, watching } from '../remote/watch.ts';

export const monitorsCommand = (): Command =>
  ofNetwork('monitors', 'the services that machines look at, and how each is')
    .argument('[monitor]', 'all that is known of this one: objects, job managers, jobs, schedulers')
    .option(...watching)
    .action((name: string | undefined, options: NetworkOptions & WatchOptions) =>
      inNetwork(options, (client, network) =>
        show(options, {
          ask: () => monitorsOf(client, network, name),
          text: (status) =>
            name === undefined ? monitorsText(status) : status.monitors.map(monitorText).join('\n'),
          gist: ({ monitors }) =>
            monitors.map((one) => [one.name, one.state, one.platform?.jobManagers ?? null]),
        }),
      ),
    );

/** All of them, or the one of that name. @throws cli/no-monitor */
async function monitorsOf(
  client: Client,
  network: string,
  name: string | undefined,
): Promise<MonitorsStatus> {
  const status = await client.call('monitors', { params: { network }, query: {} });
  const monitors = status.monitors.filter((one) => name === undefined || one.name === name);
  if (name === undefined || monitors.length > 0) return { ...status, monitors };
  const known = status.monitors.map((one) => one.name).join(', ') || 'none';
  throw cliErrors.error('cli/no-monitor', { name, network, known });
}
