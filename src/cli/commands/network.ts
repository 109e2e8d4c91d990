import { Command } from 'commander';
import { columns } from '#lab';
import { print, printJson } from '../output.ts';
import { atServer, type RemoteOptions, remote } from '../remote/session.ts';

const listCommand = (): Command =>
  remote('list', 'the networks of a server').action((options: RemoteOptions) =>
    atServer(options, async (client) => {
      const networks = await client.call('listNetworks', {});
      if (options.json) printJson(networks);
      else if (networks.length === 0)
        print('no network yet: `hawser apply FILE --create` makes one');
      else print(columns(networks.map((one) => [one.network, `revision ${one.revision.number}`])));
    }),
  );

export const networkCommand = (): Command =>
  new Command('network').description('the networks of a server').addCommand(listCommand());
