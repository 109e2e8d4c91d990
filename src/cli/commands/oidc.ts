import { type Command, InvalidArgumentError } from 'commander';
import Value from 'typebox/value';
import { type LoginProvider, type NewLoginProvider, RoleRule } from '#api';
import { columns } from '#lab';
import { print, printJson } from '../output.ts';
import { atServer, type Reasoned, type RemoteOptions, reason, remote } from '../remote/session.ts';
import { pemIn, secretIn } from '../secret-file.ts';
import { fromNow } from '../times.ts';

interface SetFlags extends RemoteOptions, Reasoned {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretFile?: string;
  readonly role: RoleRule[];
  readonly groupsClaim?: string;
  readonly scope?: string[];
  readonly url?: string[];
  readonly label?: string;
  readonly authorityFile?: string;
}

/** `ROLE=GROUP` or `ROLE:NETWORK=GROUP`, where a group may have any sign in it. */
export function ruleOf(text: string): RoleRule {
  const [, role, network, group] = /^([a-z]+)(?::([^=]+))?=(.+)$/s.exec(text) ?? [];
  const rule = { role, group, ...(network !== undefined && { network }) };
  if (Value.Check(RoleRule, rule)) return rule;
  throw new InvalidArgumentError(
    'viewer=GROUP, operator=GROUP or admin=GROUP is expected; operator:NETWORK=GROUP for one network',
  );
}

const more = <T>(one: T, all: T[] | undefined): T[] => [...(all ?? []), one];

const setCommand = (): Command =>
  remote('set', 'let people log in by a provider, from now on or otherwise than before')
    .requiredOption('--issuer <url>', 'the provider, as it calls itself')
    .requiredOption('--client-id <id>', 'what this server is called there')
    .option('--client-secret-file <file>', 'holds its secret there; only its owner may read it')
    .requiredOption(
      '--role <role=group>',
      'viewer=, operator= or admin= and a group of the provider; operator:NETWORK=GROUP is for one network; may be said again',
      (text: string, all: RoleRule[] | undefined) => more(ruleOf(text), all),
    )
    .option('--groups-claim <name>', 'the claim with the groups (default: groups)')
    .option(
      '--scope <name...>',
      'what to ask for besides openid (default: profile, email and groups, as far as it knows them)',
    )
    .option(
      '--url <url>',
      'where browsers reach this server, if it is not where machines do; may be said again',
      (text: string, all: string[] | undefined) => more(text, all),
    )
    .option('--label <text>', 'what the button says; the host of the issuer unless said')
    .option(
      '--authority-file <file>',
      'PEM of the authority that vouches for it; the system’s unless said',
    )
    .option(...reason)
    .addHelpText(
      'after',
      `
The provider has to know the return addresses that this prints. Whoever fits several --role has the one that may most.
Groups are read at each login, and hold for 12 hours; whoever is logged in by the provider logs in again.

  hawser oidc set --issuer https://login.example.org/realms/lab --client-id hawser \\
    --client-secret-file secret --role viewer=staff --role operator=network-team`,
    )
    .action((flags: SetFlags) =>
      atServer(flags, async (client) => {
        const body = { ...wishOf(flags), why: flags.message };
        const provider = await client.call('putLoginProvider', { body });
        if (flags.json) printJson(provider);
        else print(providerText(provider));
      }),
    );

function wishOf(flags: SetFlags): NewLoginProvider {
  const { issuer, clientId, role: roles, groupsClaim, scope: scopes, url: urls, label } = flags;
  const { clientSecretFile, authorityFile } = flags;
  return {
    ...{ issuer, clientId, roles },
    ...(clientSecretFile !== undefined && { clientSecret: secretIn(clientSecretFile).reveal() }),
    ...(groupsClaim !== undefined && { groupsClaim }),
    ...(scopes && { scopes }),
    ...(urls && { urls }),
    ...(label !== undefined && { label }),
    ...(authorityFile !== undefined && { authorities: pemIn(authorityFile) }),
  };
}

const ruleText = ({ role, network }: RoleRule): string =>
  network === undefined ? role : `${role} of ${network}`;

export const providerText = (provider: LoginProvider): string =>
  [
    `people log in at ${provider.issuer}, since ${fromNow(provider.made)}`,
    columns([
      ['client', `${provider.clientId}${provider.hasSecret ? '' : ' (without a secret)'}`],
      ['button', provider.label],
      ['asks for', ['openid', ...provider.scopes].join(' ')],
      ['groups from', provider.groupsClaim],
      ...provider.returns.map((address) => ['returns to', address]),
      ...provider.roles.map((rule) => [ruleText(rule), rule.group]),
    ]),
    ...(provider.person === undefined
      ? []
      : [
          'All of them speak for who set it, and cannot approve what that person does, until another vouches for it:',
          '`hawser oidc vouch`',
        ]),
  ].join('\n');

const removeCommand = (): Command =>
  remote('remove', 'let nobody log in by it any more, and end the sessions that were begun so')
    .option(...reason)
    .action((options: RemoteOptions & Reasoned) =>
      atServer(options, async (client) => {
        await client.call('removeLoginProvider', { query: { why: options.message } });
        if (options.json) printJson({ removed: true });
        else print('one logs in with a token only');
      }),
    );

const vouchCommand = (): Command =>
  remote('vouch', 'say that who logs in by it is another person than the one who set it')
    .option(...reason)
    .addHelpText(
      'after',
      `
Where a file says \`approvals: 2\`, who sets a provider could be two people by it, so all who log in by it speak for
him until another person vouches. Look first at its groups and who may change them, and whether anybody who logs in
by it has a token besides: \`hawser token list\`.`,
    )
    .action((options: RemoteOptions & Reasoned) =>
      atServer(options, async (client) => {
        const body = { why: options.message };
        const provider = await client.call('vouchLoginProvider', { body });
        if (options.json) printJson(provider);
        else print(`who logs in at ${provider.issuer} speaks for himself, from his next login on`);
      }),
    );

export const oidcCommand = (): Command =>
  remote('oidc', 'by which provider of OpenID Connect people log in, and as what')
    .action((options: RemoteOptions) =>
      atServer(options, async (client) => {
        const { provider } = await client.call('loginProvider', {});
        if (options.json) printJson(provider ? { provider } : {});
        else
          print(
            provider
              ? providerText(provider)
              : 'one logs in with a token only; `hawser oidc set` changes that',
          );
      }),
    )
    .addCommand(setCommand())
    .addCommand(removeCommand())
    .addCommand(vouchCommand());
