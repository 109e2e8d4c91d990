import { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { findAccess } from './access.ts';
import { Client } from './client.ts';

/** Options of every command that speaks with a server. */
export interface RemoteOptions {
  readonly context?: string;
  readonly json?: boolean;
}

export interface NetworkOptions extends RemoteOptions {
  readonly network?: string;
}

/** Of what history or audit will tell. */
export interface Reasoned {
  readonly message?: string;
}

export const reason = ['-m, --message <why>', 'why, for history and audit'] as const;

/** A command that speaks with a server. */
export const remote = (usage: string, description: string): Command =>
  new Command(usage)
    .description(description)
    .option('--context <name>', 'at which server, where one is logged in at several')
    .option('--json', 'for programs');

/** A command about one network of a server. */
export const ofNetwork = (usage: string, description: string): Command =>
  remote(usage, description).option(
    '--network <name>',
    'which network, where the server has several',
  );

/** Does something at the server that the options mean, and lets its connections go. */
export async function atServer<T>(
  options: RemoteOptions,
  work: (client: Client, known: string | undefined) => Promise<T>,
): Promise<T> {
  const { network, ...access } = findAccess(options);
  const client = new Client(access);
  try {
    return await work(client, network);
  } finally {
    client.close();
  }
}

/** The same for one network: the one that is named, that the login is for, or the only one. */
export const inNetwork = <T>(
  options: NetworkOptions,
  work: (client: Client, network: string) => Promise<T>,
): Promise<T> =>
  atServer(options, async (client, known) => {
    const network = options.network ?? known ?? (await onlyNetwork(client));
    return work(client, network);
  });

export async function onlyNetwork(client: Client): Promise<string> {
  const networks = await client.call('listNetworks', {});
  const [first, ...others] = networks.map(({ network }) => network);
  if (first !== undefined && others.length === 0) return first;
  if (first === undefined) throw cliErrors.error('cli/no-networks', {});
  throw cliErrors.error('cli/which-network', { networks: [first, ...others].sort().join(', ') });
}
