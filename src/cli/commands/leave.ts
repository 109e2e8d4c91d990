import { Command } from 'commander';
import { askAgent } from '#agent';
import { print, printJson } from '../output.ts';
import { type Reasoned, reason } from '../remote/session.ts';
import { onlyNetwork, stateFolder } from './agent-daemon.ts';

interface Flags extends Reasoned {
  readonly stateDir: string;
  readonly json?: boolean;
}

export const leaveCommand = (): Command =>
  new Command('leave')
    .description('let this machine leave a network: all that Hawser made for it goes, its keys too')
    .argument('[network]', 'which one, if there are several')
    .option(...reason)
    .option(...stateFolder)
    .option('--json', 'for programs')
    .action(async (given: string | undefined, { stateDir, json, message: why }: Flags) => {
      const network = given ?? (await onlyNetwork(stateDir));
      const { told } = await askAgent(stateDir, { do: 'leave', network, why });
      if (json) printJson({ network, told });
      else {
        const rest = told ? '' : '; no server heard it: an operator runs `hawser remove` for it';
        print(`left ${network}${rest}`);
      }
    });
