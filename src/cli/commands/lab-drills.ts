import type { Command } from 'commander';
import { kill, type Lab, openLab, reboot, type Service, start } from '#lab';
import { print, printJson } from '../output.ts';
import { doneExitCodes, type Options, sub } from './lab-common.ts';

type Drill = (lab: Lab, machine: string) => Promise<Service>;

/** A command that does something to the server or to an agent of a lab. */
const drill = (name: string, description: string, act: Drill, done: string): Command =>
  sub(name, description)
    .argument('<machine>', 'that of the server, a managed one, or the DHCP server of a cloud')
    .addHelpText('after', doneExitCodes)
    .action(async (machine: string, options: Options) => {
      const what = await act(await openLab(options.name), machine);
      if (options.json) printJson({ machine, what });
      else print(`the ${what === 'server' ? what : `${what} of ${machine}`} ${done}`);
    });

/** Failures to rehearse. */
export const drillCommands = (): readonly Command[] => [
  drill('kill', 'end the server or an agent in the middle of whatever it does', kill, 'was killed'),
  drill('start', 'start what was killed', start, 'runs'),
  drill(
    'reboot',
    'take away in order what is in the kernel of a machine, and boot it',
    reboot,
    'runs again',
  ),
];
