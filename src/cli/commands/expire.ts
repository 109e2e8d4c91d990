import { type Command, InvalidArgumentError } from 'commander';
import { declined } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { print, printJson, tell } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { isNothing, planText } from '../remote/plan.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { revisionText } from '../remote/words.ts';
import { durationOf, endOf, fromNow, lastMomentOf } from '../times.ts';
import { takenMeant } from './machines.ts';

interface Flags extends NetworkOptions, Reasoned {
  /** RFC 3339. */
  readonly in?: string;
  readonly at?: string;
  readonly never?: boolean;
  readonly yes?: boolean;
}

function period(text: string): string {
  if (durationOf(text) !== undefined) return endOf(text);
  throw new InvalidArgumentError('a duration is expected, such as 12h, 30d, 8w');
}

export const expireCommand = (): Command =>
  ofNetwork('expire', 'say when a member is cut off by itself, or that it never is')
    .argument('<machine>', 'its name')
    .option('--in <time>', 'from now on: 12h, 30d, 8w', period)
    .option('--at <time>', 'its last day, such as 2027-01-31 (UTC), or a time', (text) =>
      lastMomentOf(text),
    )
    .option('--never', 'not at all')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
It is written into the network's file, as \`expires\`. Name, key, address and file of the member stay: with more time the
same tunnel works again, also where it has ended. To cut it off at once: hawser suspend.`,
    )
    .action((machine: string, flags: Flags) =>
      inNetwork(flags, async (client, network) => expire(client, { network, machine }, flags)),
    );

/** RFC 3339; undefined: never. @throws cli/expire-when */
function wantedOf(name: string, { in: after, at, never }: Flags): string | undefined {
  const said = [after, at].filter((time) => time !== undefined);
  if (said.length + (never ? 1 : 0) !== 1) throw cliErrors.error('cli/expire-when', { name });
  return said[0];
}

/** Gives a member another end, when what that changes was seen. */
async function expire(
  client: Client,
  params: { readonly network: string; readonly machine: string },
  flags: Flags,
): Promise<void> {
  const { network, machine } = params;
  const expires = wantedOf(machine, flags);
  const end = expires === undefined ? {} : { expires };
  const plan = await client.call('planLifetime', { params, body: end });
  if (!flags.json && !isNothing(plan)) tell(planText(plan, network));
  const ends = expires === undefined ? 'never ends' : `ends ${fromNow(expires)} (${expires})`;
  if (!(await takenMeant(client, `${machine} ${ends}. Go on?`, params, flags, plan))) {
    return declined();
  }
  const body = { ...end, plan: plan.hash, why: flags.message };
  const revision = await client.call('setLifetime', { params, body });
  if (flags.json) return printJson(revision);
  if (revision.id.number !== plan.base.number) print(revisionText(revision));
  if (revision.state !== 'held') print(`${machine} ${ends}`);
}
