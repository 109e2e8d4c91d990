import { type Command, InvalidArgumentError } from 'commander';
import type { Silence } from '#api';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { begunText, quietOf, silencesText } from '../remote/alerts.ts';
import type { Client } from '../remote/client.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { durationOf } from '../times.ts';

interface Flags extends NetworkOptions, Reasoned {
  /** Seconds. */
  readonly for?: number;
  readonly end?: boolean;
}

function period(text: string): number {
  const lasts = durationOf(text);
  if (lasts !== undefined && lasts >= 1000) return Math.round(lasts / 1000);
  throw new InvalidArgumentError('a duration is expected, such as 30m, 2h, 1d');
}

export const silenceCommand = (): Command =>
  ofNetwork(
    'silence',
    'alert nobody of a machine or a site for a while; without a name: what is silenced',
  )
    .argument('[name]', 'a machine, or else a site; `site:NAME` is the site in any case')
    .option('--for <time>', 'how long: 30m, 2h, 1d', period)
    .option('--end', 'alert of it again')
    .option(...reason)
    .addHelpText(
      'after',
      `
Events, states and metrics tell of it as before. What is still not well when the time is over is alerted of then.
Said again of the same, it replaces what was said before.`,
    )
    .action((name: string | undefined, flags: Flags) =>
      inNetwork(flags, async (client, network) => {
        if (name === undefined) return list(client, network, flags);
        const about = await aboutOf(client, network, name);
        if (flags.end) return end(client, network, { about, flags });
        if (flags.for === undefined) throw cliErrors.error('cli/silence-how-long', { name });
        const body = { ...about, lasts: flags.for, why: flags.message };
        const silence = await client.call('silence', { params: { network }, body });
        if (flags.json) return printJson(silence);
        return print(begunText(silence));
      }),
    );

/** @throws cli/silence-of-what */
async function list(client: Client, network: string, flags: Flags): Promise<void> {
  const { json, for: lasts, end: ends } = flags;
  if (lasts !== undefined || ends) throw cliErrors.error('cli/silence-of-what', {});
  const silences = await client.call('silences', { params: { network } });
  if (json) printJson(silences);
  else print(silencesText(silences));
}

type About = Pick<Silence, 'machine' | 'site'>;

/** What is meant by a name: first of all a machine. @throws cli/silence-whom */
async function aboutOf(client: Client, network: string, text: string): Promise<About> {
  if (text.startsWith('site:')) return { site: text.slice('site:'.length) };
  const { machines } = await client.call('status', { params: { network } });
  if (machines.some(({ name }) => name === text)) return { machine: text };
  if (machines.some(({ site }) => site === text)) return { site: text };
  throw cliErrors.error('cli/silence-whom', { name: text, network });
}

async function end(
  client: Client,
  network: string,
  { about, flags }: { readonly about: About; readonly flags: Flags },
): Promise<void> {
  const all = await client.call('silences', { params: { network } });
  const ended = all.filter((one) => quietOf(one) === quietOf(about));
  if (ended.length === 0) throw cliErrors.error('cli/not-silenced', { name: quietOf(about) });
  for (const { id } of ended) {
    const query = { why: flags.message };
    await client.call('endSilence', { params: { network, id }, query });
  }
  if (flags.json) printJson(ended);
  else print(`${quietOf(about)} is silenced no more`);
}
