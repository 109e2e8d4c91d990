import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type EventKind, eventKinds, type NetworkEvent } from '#api';
import { paint, print, tell } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { patiently, pause } from '../remote/patiently.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { momentOf } from '../times.ts';

interface Flags extends NetworkOptions {
  readonly since: string;
  readonly kind?: EventKind;
  readonly search?: string;
  readonly follow?: boolean;
}

/** Events asked for at once. */
const page = 1000;

export const eventsCommand = (): Command =>
  ofNetwork('events', 'what happened in a network, oldest first; with --json a line for each')
    .argument('[machine]', 'only what concerns this one')
    .argument('[other]', 'only what is between the two')
    .option('--since <time>', 'how far back: 30m, 12h, 7d or a time', '7d')
    .addOption(new Option('--kind <kind>', 'only these').choices(eventKinds))
    .option('--search <words>', 'only where they stand in the sentence')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .action(
      (machine: string | undefined, other: string | undefined, { since, ...options }: Flags) =>
        inNetwork(options, async (client, network) => {
          const { kind, search, follow } = options;
          const query = { since: momentOf(since, -1), kind, search, machine, other };
          let count = 0;
          for await (const event of found(client, { network, query, follow })) {
            count += 1;
            print(options.json ? JSON.stringify(event) : lineOf(event));
          }
          if (count === 0 && !options.json) tell('no such event');
        }),
    );

interface Asked {
  readonly network: string;
  readonly query: {
    readonly since: string;
    readonly kind: EventKind | undefined;
    readonly search: string | undefined;
    readonly machine: string | undefined;
    readonly other: string | undefined;
  };
  readonly follow: boolean | undefined;
}

async function* found(
  client: Client,
  { network, query, follow }: Asked,
): AsyncGenerator<NetworkEvent> {
  let after: number | undefined;
  while (true) {
    const asked = { ...query, after, limit: page };
    const ask = () => client.call('events', { params: { network }, query: asked });
    const events = await (follow ? patiently(ask) : ask());
    yield* events;
    after = events.at(-1)?.seq ?? after;
    if (events.length === page) continue;
    if (!follow) return;
    await sleep(pause);
  }
}

const bad: ReadonlySet<EventKind> = new Set([
  'down',
  'failing',
  'clone',
  'conflict',
  'login-failed',
]);
const good: ReadonlySet<EventKind> = new Set(['joined', 'up', 'back', 'well', 'repaired']);

function lineOf({ at, kind, text, silenced }: NetworkEvent): string {
  const colour = bad.has(kind) ? 'red' : good.has(kind) ? 'green' : 'yellow';
  const mark = silenced ? paint('dim', ' (silenced)') : '';
  return `${at}  ${paint(colour, kind.padEnd(12))}  ${text}${mark}`;
}
