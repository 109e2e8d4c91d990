import { type Command, InvalidArgumentError } from 'commander';
import { mostSeconds, usualBytes, usualSeconds } from '#api';
import { declined, surelyConfirmed } from '../ask.ts';
import { print, printJson } from '../output.ts';
import { benchmarkText } from '../remote/benchmark.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { bytes as inBytes } from '../remote/tunnels.ts';

interface Flags extends NetworkOptions, Reasoned {
  readonly seconds: number;
  readonly megabytes: number;
  readonly port?: number;
  readonly yes?: boolean;
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`it is a whole number from ${least} to ${most}`);
  };

const million = 1_000_000;

export const benchmarkCommand = (): Command =>
  ofNetwork(
    'benchmark',
    'measure how much passes between two machines, how fast, and what limits it',
  )
    .argument('<from>', 'a machine whose agent is connected')
    .argument('<to>', 'another')
    .option('--seconds <count>', 'of each direction', whole(1, mostSeconds), usualSeconds)
    .option(
      '--megabytes <count>',
      'at most so much in each direction',
      whole(1, million),
      usualBytes / million,
    )
    .option(
      '--port <port>',
      'TCP port at the second; one that the policy lets pass, unless said',
      whole(1, 65_535),
    )
    .option('--yes', 'load the way between them without asking')
    .option(...reason)
    .addHelpText(
      'after',
      '\nWith iperf3 where both have it, else by the agents themselves. Others on the same links are slowed down meanwhile.',
    )
    .action((from: string, to: string, { seconds, megabytes, port, ...options }: Flags) =>
      inNetwork(options, async (client, network) => {
        const why = `all that is between ${from} and ${to} is loaded as much as it can carry, twice for ${seconds} s, by ${inBytes(megabytes * million)} each at most`;
        if (!(await surelyConfirmed(`${why}. Go on?`, options.yes, why))) return declined();
        const end = progress(2 * seconds + 2);
        const body = { from, to, seconds, bytes: megabytes * million, port, why: options.message };
        const found = await client.call('benchmark', { params: { network }, body }).finally(end);
        if (options.json) printJson(found);
        else print(benchmarkText(found));
        return undefined;
      }),
    );

/** How long it goes on, on a terminal. @returns what ends it */
function progress(seconds: number): () => void {
  if (!process.stderr.isTTY) return () => undefined;
  const began = performance.now();
  const tell = (): void => {
    const passed = Math.min(seconds, Math.round((performance.now() - began) / 1000));
    process.stderr.write(`\r\u001b[Kmeasuring: ${passed} s of about ${seconds} s`);
  };
  const timer = setInterval(tell, 1000);
  tell();
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\u001b[K');
  };
}
