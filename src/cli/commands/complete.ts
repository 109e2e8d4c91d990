import { Argument, Command } from 'commander';
import { defaultStateFolder, Enrolments } from '#agent';
import { byText } from '#base';
import { listLabs, openLab } from '#lab';
import { print, printJson } from '../output.ts';
import { readContexts } from '../remote/contexts.ts';
import { atServer, inNetwork, type NetworkOptions } from '../remote/session.ts';

/** Names that a shell may complete, and where they are found. */
const sources = {
  machines: (typed) =>
    inNetwork(typed, async (client, network) => {
      const { machines } = await client.call('status', { params: { network } });
      return machines.map(({ name }) => name);
    }),
  networks: (typed) =>
    atServer(typed, async (client) =>
      (await client.call('listNetworks', {})).map(({ network }) => network),
    ),
  tokens: (typed) =>
    atServer(typed, async (client) => (await client.call('listTokens', {})).map(({ id }) => id)),
  invites: (typed) =>
    inNetwork(typed, async (client, network) => {
      const all = await client.call('listInvites', { params: { network } });
      return all.filter(({ state }) => state === 'open' || state === 'waits').map(({ id }) => id);
    }),
  receivers: (typed) =>
    inNetwork(typed, async (client, network) => {
      const { receivers } = await client.call('alerts', { params: { network } });
      return receivers.map(({ name }) => name);
    }),
  contexts: async () => Object.keys(readContexts().contexts),
  joined: async () => new Enrolments(defaultStateFolder).networks(),
  labs: async () => (await listLabs()).map(({ name }) => name),
  stations: async () => (await openLab()).underlay.stations.map(({ name }) => name),
} satisfies Record<string, (typed: NetworkOptions) => Promise<readonly string[]>>;

export type NameKind = keyof typeof sources;

/** What an argument that is called `name` means in a command. */
const namesOf: Readonly<Record<string, NameKind>> = {
  context: 'contexts',
  silence: 'machines',
  invite: 'machines',
  'alerts add': 'receivers',
  'alerts remove': 'receivers',
  'alerts test': 'receivers',
};

/** What takes an option or an argument of this name, in the command of this path; undefined: no name that is known. */
export function nameKindOf(name: string, path: string): NameKind | undefined {
  const isLab = path.startsWith('lab');
  switch (name) {
    case 'machine':
    case 'from':
    case 'to':
    case 'a':
    case 'b':
      if (isLab) return 'stations';
      return name === 'machine' && path !== 'export' ? 'machines' : undefined;
    case '--machine':
    case 'other':
    case 'machine-or-revision':
    case 'file-or-machine':
      return 'machines';
    case 'lab':
      return 'labs';
    case '--name':
      return isLab && path !== 'lab up' ? 'labs' : undefined;
    case 'name':
      return namesOf[path];
    case 'context':
    case '--context':
      return 'contexts';
    case 'network':
      return 'joined';
    case '--network':
      return path.startsWith('agent') ? 'joined' : 'networks';
    case 'id':
      return path === 'invites withdraw' ? 'invites' : 'tokens';
    default:
      return undefined;
  }
}

/** What no shell takes for more than a word: bash expands what it is offered, and a server may say anything. */
const plainName = /^\w[\w.:@+-]*$/;

/** What an option is in a line as far as it is typed: the last that is whole, as in `--name value ` and `--name=value `. */
function typedIn(line: string, name: string): string | undefined {
  const found = [
    ...line.matchAll(new RegExp(`\\s--${name}(?:=|\\s+)(['"]?)([\\w.:@+-]+)\\1(?=\\s)`, 'g')),
  ];
  return found.at(-1)?.[2];
}

/** The server and the network that a line means. */
export function meantBy(line: string): NetworkOptions {
  const [context, network] = ['context', 'network'].map((name) => typedIn(line, name));
  return { ...(context !== undefined && { context }), ...(network !== undefined && { network }) };
}

/** ms that somebody waits who has typed half a word. */
const patience = 2000;

interface Flags {
  readonly line: string;
  readonly json?: boolean;
}

/** `hawser complete KIND`, which the completion scripts call: names, a line each, or nothing at all. */
export const completeCommand = (): Command =>
  new Command('complete')
    .description('the names that a shell completes')
    .addArgument(new Argument('<kind>').choices(Object.keys(sources)))
    .option('--line <text>', 'what is typed so far, which may name a server and a network', '')
    .option('--json', 'for programs')
    .action(async (kind: NameKind, { line, json }: Flags) => {
      setTimeout(() => process.exit(), patience).unref();
      const all = await sources[kind](meantBy(line)).catch(() => []);
      const names = all.filter((name) => plainName.test(name));
      if (json) printJson(names);
      else if (names.length > 0) print(names.toSorted(byText).join('\n'));
    });
