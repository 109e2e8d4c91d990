import type { Command } from 'commander';
import type { WhyState } from '#api';
import { formatPort, parsePort } from '#spec';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { whyText } from '../remote/why.ts';

const codes: Readonly<Record<WhyState, number>> = {
  passes: exitCodes.yes,
  poor: exitCodes.yes,
  unknown: exitCodes.failed,
  broken: exitCodes.no,
  refused: exitCodes.no,
  'no-way': exitCodes.no,
};

export const whyCommand = (): Command =>
  ofNetwork('why', 'why one machine reaches another or does not: what should be, is, and changed')
    .argument('<from>', 'a machine or host')
    .argument('<to>', 'a machine, a host or an address')
    .argument('[port]', 'tcp/22, udp/53, icmp', 'icmp')
    .addHelpText(
      'after',
      '\nNothing is sent: `hawser verify FROM TO --port PORT` tries it.' +
        '\nExit code 0: it may pass, and nothing is in its way. 1: it does not pass. 2: nobody can tell.',
    )
    .action((from: string, to: string, port: string, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const query = { from, to, port: formatPort(parsePort(port)) };
        const found = await client.call('why', { params: { network }, query });
        if (options.json) printJson(found);
        else print(whyText(found));
        exitWith(codes[found.state]);
      }),
    );
