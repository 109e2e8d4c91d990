import { type Diagnostic, formatDiagnostic, type Secret } from '#base';
import type { FirstTokens, RunningServer } from '#server';
import { plainDiagnostic } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { joinLines } from '../remote/join-lines.ts';
import { localUrl, logInHere } from './first-login.ts';
import { joinHere } from './own-machine.ts';
import type { Listen } from './places.ts';

interface Flags {
  readonly network: string;
  readonly name: string;
  readonly json?: boolean;
}

/** Makes this machine the hub of a first start's network, and says what there is; tokens this once. */
export async function greet(
  server: RunningServer,
  first: FirstTokens,
  listen: Listen,
  { network, name, json }: Flags,
): Promise<void> {
  const url = localUrl(listen);
  const stranger = logInHere(first.admin, listen);
  if (!json) print(`serving at ${url}`);
  const hub = first.hub && (await joinHere(first.hub, network, name));
  if (json)
    return printJson({ url, ...plainTokens(first), ...(hub && { hub }), ...plain(stranger) });
  if (hub) print(hub);
  const installs = await server.installs();
  const admin = adminLines(first.admin, stranger, url);
  print([...inviteLines(first.join, installs), ...admin].join('\n'));
}

const plainTokens = ({ admin, join }: FirstTokens) => ({
  admin: admin.reveal(),
  ...(join && { join: join.reveal() }),
});

const plain = (stranger: Diagnostic | undefined) =>
  stranger ? { notLoggedIn: plainDiagnostic(stranger) } : {};

/** What every later start says. */
export function greetAgain(listen: Listen, { json }: Pick<Flags, 'json'>): void {
  const url = localUrl(listen);
  if (json) printJson({ url });
  else print(`serving at ${url}; \`hawser token create --join\` lets machines in`);
}

const inviteLines = (join: Secret | undefined, installs: boolean): readonly string[] =>
  join === undefined
    ? []
    : [
        '',
        'On each machine that is to join, as root, within a day:',
        '',
        ...joinLines(join.reveal(), installs).map((line) => (line === '' ? line : `  ${line}`)),
      ];

const adminLines = (
  admin: Secret,
  stranger: Diagnostic | undefined,
  url: string,
): readonly string[] => [
  '',
  stranger
    ? 'The admin token, shown this once:'
    : 'The admin token, shown this once; on this machine you are logged in with it already:',
  '',
  `  ${admin.reveal()}`,
  '',
  ...(stranger ? [formatDiagnostic(stranger), 'Then: hawser login TOKEN', ''] : []),
  `The dashboard is at ${url}/ and asks for the token.`,
  '`hawser status` shows who is there, `hawser pull FILE` fetches the network to edit it.',
];
