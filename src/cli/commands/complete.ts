import { Argument, Command } from 'commander';
import { defaultStateFolder, Enrolments } from '#agent';
import { byText } from '#base';
import { listLabs, openLab } from '#lab';
import { print, printJson } from '../output.ts';
import { readContexts } from '../remote/contexts.ts';
import { atServer, inNetwork } from '../remote/session.ts';

/** Names that a shell may complete, and where they are found. */
const sources = {
  machines: () =>
    inNetwork({}, async (client, network) => {
      const { machines } = await client.call('status', { params: { network } });
      return machines.map(({ name }) => name);
    }),
  networks: () =>
    atServer({}, async (client) =>
      (await client.call('listNetworks', {})).map(({ network }) => network),
    ),
  tokens: () =>
    atServer({}, async (client) => (await client.call('listTokens', {})).map(({ id }) => id)),
  contexts: async () => Object.keys(readContexts().contexts),
  joined: async () => new Enrolments(defaultStateFolder).networks(),
  labs: async () => (await listLabs()).map(({ name }) => name),
  stations: async () => (await openLab()).underlay.stations.map(({ name }) => name),
} satisfies Record<string, () => Promise<readonly string[]>>;

export type NameKind = keyof typeof sources;

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
    case 'machine-or-revision':
    case 'file-or-machine':
      return 'machines';
    case 'lab':
      return 'labs';
    case '--name':
      return isLab && path !== 'lab up' ? 'labs' : undefined;
    case 'name':
      return path === 'context' ? 'contexts' : undefined;
    case 'context':
    case '--context':
      return 'contexts';
    case 'network':
      return 'joined';
    case '--network':
      return path.startsWith('agent') ? 'joined' : 'networks';
    case 'id':
      return 'tokens';
    default:
      return undefined;
  }
}

/** What no shell takes for more than a word: bash expands what it is offered, and a server may say anything. */
const plainName = /^\w[\w.:@+-]*$/;

/** ms that somebody waits who has typed half a word. */
const patience = 2000;

/** `hawser complete KIND`, which the completion scripts call: names, a line each, or nothing at all. */
export const completeCommand = (): Command =>
  new Command('complete')
    .description('the names that a shell completes')
    .addArgument(new Argument('<kind>').choices(Object.keys(sources)))
    .option('--json', 'for programs')
    .action(async (kind: NameKind, { json }: { readonly json?: boolean }) => {
      setTimeout(() => process.exit(), patience).unref();
      const all = await sources[kind]().catch(() => []);
      const names = all.filter((name) => plainName.test(name));
      if (json) printJson(names);
      else if (names.length > 0) print(names.toSorted(byText).join('\n'));
    });
