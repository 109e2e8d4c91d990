import { Command } from 'commander';
import { parseToken } from '#api';
import { columns } from '#lab';
import { askSecret } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { accessOf, serverUrl } from '../remote/access.ts';
import { Client } from '../remote/client.ts';
import {
  type Context,
  readContexts,
  withContext,
  withoutContext,
  writeContexts,
} from '../remote/contexts.ts';

interface LoginFlags {
  readonly name?: string;
  readonly network?: string;
  readonly json?: boolean;
}

export const loginCommand = (): Command =>
  new Command('login')
    .description('remember a server, and who you are there')
    .argument(
      '[token-or-url]',
      'a token of the server; or its new address, then the token is asked for',
    )
    .option('--name <name>', 'what to call it; the address of the server unless said')
    .option('--network <name>', 'the network that commands mean which name none')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nWithout a token on the command line it is asked for, or read from standard input.',
    )
    .action(login);

async function login(text: string | undefined, flags: LoginFlags): Promise<void> {
  const isToken = text?.startsWith('hawser-') ?? false;
  const server = text === undefined || isToken ? undefined : serverUrl(text);
  const token = isToken ? (text ?? '') : (await askSecret('Token: ')).reveal();
  const context: Context = {
    token,
    ...(server !== undefined && { server }),
    ...(flags.network !== undefined && { network: flags.network }),
  };
  const parsed = parseToken(token);
  if (parsed.role === 'join') throw cliErrors.error('cli/join-token', {});
  const where = accessOf(parsed, context);
  const networks = await networksAt(where);
  if (where.network !== undefined && !networks.includes(where.network)) {
    throw cliErrors.error('cli/no-such-network', {
      network: where.network,
      networks: networks.join(', ') || 'none',
    });
  }
  const name = flags.name ?? new URL(where.servers[0] ?? '').host;
  writeContexts(withContext(readContexts(), name, context));
  const dashboard = `${where.servers[0] ?? ''}/`;
  if (flags.json) printJson({ context: name, networks, dashboard });
  else {
    print(`logged in as ${name}; networks there: ${networks.join(', ') || 'none'}`);
    print(`the dashboard is at ${dashboard}`);
  }
}

/** A token is believed when the server takes it. */
async function networksAt(where: ReturnType<typeof accessOf>): Promise<readonly string[]> {
  const client = new Client(where);
  try {
    return (await client.call('listNetworks', {})).map(({ network }) => network);
  } finally {
    client.close();
  }
}

export const logoutCommand = (): Command =>
  new Command('logout')
    .description('forget a server')
    .argument('[context]', 'which; the current one unless said')
    .option('--json', 'for programs')
    .action((name: string | undefined, { json }: { readonly json?: boolean }) => {
      const known = readContexts();
      const which = name ?? known.current;
      if (which === undefined) throw cliErrors.error('cli/not-logged-in', {});
      if (!(which in known.contexts)) {
        throw cliErrors.error('cli/no-context', {
          name: which,
          hint: `There is ${Object.keys(known.contexts).join(', ') || 'none'}.`,
        });
      }
      writeContexts(withoutContext(known, which));
      if (json) printJson({ forgotten: which });
      else print(`${which} is forgotten; its token is still good: \`hawser token revoke\` ends it`);
    });

export const contextCommand = (): Command =>
  new Command('context')
    .description('the servers one is logged in at; a name makes it the current one')
    .argument('[name]', 'the one that commands mean from now on')
    .option('--json', 'for programs')
    .action((name: string | undefined, { json }: { readonly json?: boolean }) => {
      const known = readContexts();
      if (name !== undefined) {
        const context = known.contexts[name];
        if (!context) {
          const hint = `There is ${Object.keys(known.contexts).join(', ') || 'none'}.`;
          throw cliErrors.error('cli/no-context', { name, hint });
        }
        writeContexts(withContext(known, name, context));
      }
      const current = name ?? known.current;
      const all = Object.entries(known.contexts).map(([one, { token, server, network }]) => {
        const where = accessOf(parseToken(token), { ...(server && { server }) });
        const role = parseToken(token).role;
        return { name: one, current: one === current, servers: where.servers, role, network };
      });
      if (json) printJson(all);
      else if (all.length === 0) print('logged in nowhere');
      else
        print(
          columns(
            all.map((one) => [
              one.current ? '*' : ' ',
              one.name,
              one.role,
              one.servers.join(' '),
              one.network ?? '',
            ]),
          ),
        );
    });
