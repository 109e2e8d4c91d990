import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { monitorsText, monitorText } from '../remote/monitors.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';

export const monitorsCommand = (): Command =>
  ofNetwork('monitors', 'the services that machines look at, and how each is')
    .argument('[monitor]', 'all that is known of this one: objects, job managers, jobs, schedulers')
    .action((name: string | undefined, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const status = await client.call('monitors', { params: { network } });
        const found = status.monitors.filter((one) => name === undefined || one.name === name);
        if (name !== undefined && found.length === 0) {
          const known = status.monitors.map((one) => one.name).join(', ') || 'none';
          throw cliErrors.error('cli/no-monitor', { name, network, known });
        }
        if (options.json) printJson({ ...status, monitors: found });
        else if (name === undefined) print(monitorsText(status));
        else for (const one of found) print(monitorText(one));
      }),
    );
