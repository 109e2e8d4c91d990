import { Command } from 'commander';
import { adoptionOf, askAgent, type Released, release } from '#agent';
import { confirmed, declined } from '../ask.ts';
import { print, printJson } from '../output.ts';
import { type Reasoned, reason } from '../remote/session.ts';
import { stateFolder } from './agent-daemon.ts';

interface Flags {
  readonly interface?: string;
  readonly yes?: boolean;
  readonly stateDir: string;
  readonly json?: boolean;
}

const ofAdopted = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('[network]', 'which one, if there are several')
    .option('--interface <name>', 'the interface that is meant')
    .option('-y, --yes', 'do not ask')
    .option(...stateFolder)
    .option('--json', 'for programs');

const wanted = (network: string | undefined, { stateDir, interface: device }: Flags) => ({
  stateDir,
  ...(network !== undefined && { network }),
  ...(device !== undefined && { interface: device }),
});

export const adoptCommand = (): Command =>
  ofAdopted(
    'adopt',
    'take an interface over that `join --adopt` left alone, and make it what the network wants',
  ).action(async (given: string | undefined, flags: Flags) => {
    const { network, interface: device } = adoptionOf(wanted(given, flags));
    const question = `${device} becomes what ${network} wants, whatever it is now. Go on?`;
    if (!(await confirmed(question, flags.yes))) return declined();
    await askAgent(flags.stateDir, { do: 'adopt', network });
    if (flags.json) printJson({ network, interface: device });
    else print(`${device} is being taken over; \`hawser agent status\` tells how it went`);
  });

export const releaseCommand = (): Command =>
  ofAdopted(
    'release',
    'give an interface back that was taken over, as it was, and leave its network',
  )
    .option(...reason)
    .action(async (given: string | undefined, flags: Flags & Reasoned) => {
      const { network, interface: device } = adoptionOf(wanted(given, flags));
      const question = `${device} is given back, stays up, and is no longer kept; ${network} is left. Go on?`;
      if (!(await confirmed(question, flags.yes))) return declined();
      const released = await release({ ...wanted(network, flags), why: flags.message });
      if (flags.json) printJson(released);
      else for (const line of describeReleased(released)) print(line);
    });

const describeReleased = ({
  network,
  interface: device,
  told,
  units,
  notes,
}: Released): readonly string[] => [
  `${device} is yours again, and stays up; ${network} was left`,
  ...units.map((unit) => `${unit} makes it at boot again`),
  ...(told ? [] : ['no server heard it: an operator runs `hawser remove` for this machine']),
  ...notes
    .filter(({ code }) => code !== 'agent/given-back')
    .map(({ message, fix, code }) => `NOTE ${message} [${code}]\n  ${fix}`),
];
