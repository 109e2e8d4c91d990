import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AuditEntry } from '#api';
import { print } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { patiently, pause } from '../remote/patiently.ts';
import { atServer, type RemoteOptions, remote } from '../remote/session.ts';
import { momentOf } from '../times.ts';

interface Flags extends RemoteOptions {
  readonly since: string;
  readonly network?: string;
  readonly follow?: boolean;
}

/** Entries asked for at once. */
const page = 1000;

export const auditCommand = (): Command =>
  remote('audit', 'who did what, oldest first; with --json a line for each')
    .option('--since <time>', 'how far back: 30m, 12h, 7d or a time', '7d')
    .option('--network <name>', 'of this network only')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .action((options: Flags) =>
      atServer(options, async (client) => {
        const since = momentOf(options.since, -1);
        for await (const entry of entries(client, { ...options, since })) {
          print(options.json ? JSON.stringify(entry) : lineOf(entry));
        }
      }),
    );

async function* entries(
  client: Client,
  { since, network, follow }: Pick<Flags, 'since' | 'network' | 'follow'>,
): AsyncGenerator<AuditEntry> {
  let after: number | undefined;
  while (true) {
    const query = { since, network, after, limit: page };
    const ask = () => client.call('audit', { query });
    const found = await (follow ? patiently(ask) : ask());
    yield* found;
    after = found.at(-1)?.seq ?? after;
    if (found.length === page) continue;
    if (!follow) return;
    await sleep(pause);
  }
}

function lineOf({ at, actor, action, network, revision, detail }: AuditEntry): string {
  const what = revision === undefined ? action : `${action} (revision ${revision})`;
  const more = detail === undefined || detail === null ? '' : JSON.stringify(detail);
  return [at, actor, network ?? '-', what, more === '{}' ? '' : more].join('  ').trimEnd();
}
