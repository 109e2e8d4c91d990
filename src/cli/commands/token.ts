import { Command, InvalidArgumentError, Option } from 'commander';
import Value from 'typebox/value';
import { type BodyOf, Name, type TokenInfo } from '#api';
import { columns } from '#lab';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { joinLines } from '../remote/join-lines.ts';
import {
  atServer,
  onlyNetwork,
  type Reasoned,
  type RemoteOptions,
  reason,
  remote,
} from '../remote/session.ts';
import { durationOf, endOf, fromNow } from '../times.ts';

interface CreateFlags extends RemoteOptions, Reasoned {
  readonly join?: boolean;
  readonly role: 'admin' | 'operator' | 'viewer';
  readonly name?: string;
  readonly network?: string;
  readonly expires?: string;
  readonly uses?: number;
  readonly tags?: readonly string[];
  readonly ephemeral?: boolean;
  /** Seconds. */
  readonly memberExpires?: number;
  readonly approval?: boolean;
}

/** An option that is a number from 1 on. */
export const count = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a number from 1 on is expected');
  return Number(text);
};

export function tagsOf(text: string): readonly string[] {
  const tags = text.split(',').map((tag) => tag.trim());
  if (tags.every((tag) => Value.Check(Name, tag))) return tags;
  throw new InvalidArgumentError(
    'tags are lower-case letters, digits and inner hyphens, with commas between them, such as people,lab',
  );
}

function life(text: string): number {
  const duration = durationOf(text);
  if (duration !== undefined && duration >= 60_000) return Math.round(duration / 1000);
  throw new InvalidArgumentError('a duration from a minute on is expected, such as 12h, 30d');
}

const createCommand = (): Command =>
  remote('create', 'make a token; its text is shown this once')
    .option('--join', 'one that lets machines in, and nothing else')
    .addOption(
      new Option('--role <role>', 'what its holder may do')
        .choices(['admin', 'operator', 'viewer'])
        .default('operator'),
    )
    .option('--name <name>', 'whose it is, as revisions and audit will call the holder')
    .option('--network <name>', 'good for this network only')
    .option('--expires <time>', 'good for so long: 30m, 12h, 7d; or until a time')
    .option('--uses <number>', 'with --join: good for so many machines', count)
    .option('--tags <tags>', 'with --join: tags of the machines, a,b', tagsOf)
    .option('--member-expires <time>', 'with --join: members are cut off after 12h, 30d ...', life)
    .option('--ephemeral', 'with --join: machines that go away are removed by themselves')
    .option(
      '--approval',
      'with --join: machines wait for `hawser approve` unless the file names them',
    )
    .option(...reason)
    .addHelpText(
      'after',
      `
viewer: looks. operator: applies, approves, removes. admin: also tokens, backups, networks.
A join token is good for one machine and one day unless said.`,
    )
    .action(create);

/** What a token of a person cannot be. @throws cli/only-with-join */
function requireJoin(flags: CreateFlags): void {
  if (flags.join) return;
  const { uses, tags, memberExpires, ephemeral, approval } = flags;
  const given = { uses, tags, 'member-expires': memberExpires, ephemeral, approval };
  const options = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  if (options.length === 0) return;
  throw cliErrors.error('cli/only-with-join', { options: options.join(', ') });
}

/** What is asked for; a join token that says nothing else is for one machine and one day. */
const requestOf = (flags: CreateFlags, network: string | undefined): BodyOf<'createToken'> => {
  const expires = flags.expires ?? (flags.join ? '1d' : undefined);
  return {
    role: flags.join ? 'join' : flags.role,
    name: flags.name ?? (flags.join ? 'join' : flags.role),
    ...(flags.message !== undefined && { why: flags.message }),
    ...(network !== undefined && { network }),
    ...(expires !== undefined && { expires: endOf(expires) }),
    ...(flags.join && {
      uses: flags.uses ?? 1,
      tags: [...(flags.tags ?? [])],
      ephemeral: flags.ephemeral ?? false,
      ...(flags.memberExpires !== undefined && { memberLife: flags.memberExpires }),
      admits: !flags.approval,
    }),
  };
};

async function create(flags: CreateFlags): Promise<void> {
  requireJoin(flags);
  await atServer(flags, async (client, known) => {
    const network =
      flags.network ?? (flags.join ? (known ?? (await onlyNetwork(client))) : undefined);
    const made = await client.call('createToken', { body: requestOf(flags, network) });
    if (flags.json) return printJson(made);
    process.stderr.write(`${promise(made.info)}\n`);
    print(flags.join ? joinLines(made.token, made.installs ?? false).join('\n') : made.token);
  });
}

const promise = (info: TokenInfo): string =>
  [
    info.role === 'join'
      ? 'As root, on the machine that is to join'
      : `A token of the role ${info.role} for \`hawser login\`, to be kept secret`,
    ...(info.usesLeft === undefined ? [] : [`good for ${machines(info.usesLeft)}`]),
    ...(info.expires === undefined ? [] : [`ends ${fromNow(info.expires)}`]),
  ].join('; ');

const machines = (number: number): string => `${number} machine${number === 1 ? '' : 's'}`;

const listCommand = (): Command =>
  remote('list', 'all tokens, without their texts').action((options: RemoteOptions) =>
    atServer(options, async (client) => {
      const tokens = await client.call('listTokens', {});
      if (options.json) printJson(tokens);
      else
        print(
          columns([
            ['id', 'role', 'name', 'network', 'state', 'speaks for', 'last used'],
            ...tokens.map((token) => rowOf(token, tokens)),
          ]),
        );
    }),
  );

const rowOf = (info: TokenInfo, all: readonly TokenInfo[]): readonly string[] => [
  info.id,
  info.role,
  info.name,
  info.network ?? 'all',
  stateOf(info),
  info.person === undefined
    ? 'itself'
    : (all.find(({ id }) => id === info.person)?.name ?? info.person),
  info.lastUsed === undefined ? 'never' : fromNow(info.lastUsed),
];

function stateOf({ revoked, usesLeft, expires }: TokenInfo): string {
  if (revoked) return 'revoked';
  if (usesLeft === 0) return 'used up';
  if (expires !== undefined && Date.parse(expires) < Date.now()) return 'expired';
  const left = usesLeft === undefined ? '' : `, for ${usesLeft} more`;
  return expires === undefined ? `good${left}` : `good${left}, ends ${fromNow(expires)}`;
}

const vouchCommand = (): Command =>
  remote('vouch', 'say that a token is held by another person than the one who made it')
    .argument('<id>', 'as `hawser token list` shows it')
    .option(...reason)
    .addHelpText(
      'after',
      `
Where a file says \`approvals: 2\`, a token speaks for whoever made it, and cannot approve what
they do, until another person vouches for it.`,
    )
    .action((id: string, options: RemoteOptions & Reasoned) =>
      atServer(options, async (client) => {
        const body = { why: options.message };
        const token = await client.call('vouchToken', { params: { id }, body });
        if (options.json) printJson(token);
        else print(`${token.name} (${id}) speaks for itself`);
      }),
    );

const revokeCommand = (): Command =>
  remote('revoke', 'make a token void')
    .argument('<id>', 'as `hawser token list` shows it')
    .option(...reason)
    .action((id: string, options: RemoteOptions & Reasoned) =>
      atServer(options, async (client) => {
        const query = { why: options.message };
        await client.call('revokeToken', { params: { id }, query });
        if (options.json) printJson({ revoked: id });
        else print(`${id} is void`);
      }),
    );

const readmitCommand = (): Command =>
  remote('readmit', 'let somebody log in again at the provider whom a revocation keeps out')
    .argument('<id>', 'as `hawser token list` shows it: oidc-...')
    .option(...reason)
    .action((id: string, options: RemoteOptions & Reasoned) =>
      atServer(options, async (client) => {
        const body = { why: options.message };
        const token = await client.call('readmitToken', { params: { id }, body });
        if (options.json) printJson(token);
        else print(`${token.name} may log in again`);
      }),
    );

export const tokenCommand = (): Command =>
  new Command('token')
    .description('who may do what, and which machines may join')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(vouchCommand())
    .addCommand(revokeCommand())
    .addCommand(readmitCommand());
