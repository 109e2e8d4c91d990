import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import {
  type AlertFilter,
  type AlertTarget,
  type EventKind,
  eventKinds,
  type Severity,
  severities,
} from '#api';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { alertsText, filterText } from '../remote/alerts.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { pemIn, secretIn } from '../secret-file.ts';

interface AddFlags extends NetworkOptions, Reasoned {
  readonly webhook?: string;
  readonly mail?: readonly string[];
  readonly smtp?: string;
  readonly from?: string;
  readonly user?: string;
  readonly secretFile?: string;
  readonly authorityFile?: string;
  readonly severity: Severity;
  readonly kind?: EventKind[];
  readonly machine?: string[];
  readonly site?: string[];
}

const addCommand = (): Command =>
  ofNetwork('add', 'alert somebody from now on, or otherwise than before')
    .argument('<name>', 'what to call this receiver')
    .option('--webhook <url>', 'by JSON to this URL, signed')
    .option('--mail <address...>', 'by mail to these')
    .option(
      '--smtp <url>',
      'of mail: the server, smtp://HOST:587 (which begins TLS) or smtps://HOST',
    )
    .option('--from <address>', 'of mail: who sends it')
    .option('--user <name>', 'of mail: who logs in; --from unless said')
    .option(
      '--secret-file <file>',
      'holds the password of mail, or what a webhook is signed with; only its owner may read it',
    )
    .option(
      '--authority-file <file>',
      'PEM of the authority that vouches for it; the system’s unless said',
    )
    .addOption(
      new Option('--severity <least>', 'of what is as bad as this, or worse')
        .choices(severities)
        .default('warning'),
    )
    .addOption(new Option('--kind <kind...>', 'of these only').choices(eventKinds))
    .option('--machine <name...>', 'of what concerns these only')
    .option('--site <name...>', 'of what concerns machines of these only')
    .option(...reason)
    .addHelpText(
      'after',
      `
A webhook gets its key once, where no file holds one: keep it, to check the header hawser-signature,
sha256= and the HMAC-SHA256 of hawser-timestamp, a point and the body, in hex.`,
    )
    .action((name: string, flags: AddFlags) =>
      inNetwork(flags, async (client, network) => {
        const { target, made } = targetOf(flags);
        const filter = filterOf(flags);
        const body = { target, filter, why: flags.message };
        await client.call('putReceiver', { params: { network, receiver: name }, body });
        const key = made === undefined ? {} : { secret: made };
        if (flags.json) return printJson({ name, filter, ...key });
        process.stderr.write(`${name} is alerted of: ${filterText(filter)}\n`);
        if (made === undefined) return;
        process.stderr.write('What it is signed with, shown this once:\n');
        print(made);
      }),
    );

/** Where to, and the key that was made for it. @throws cli/alert-where, cli/secret-... */
function targetOf(flags: AddFlags): { readonly target: AlertTarget; readonly made?: string } {
  const { webhook, mail, smtp, from, user, secretFile, authorityFile } = flags;
  const given = secretFile === undefined ? undefined : secretIn(secretFile).reveal();
  const authorities = authorityFile === undefined ? {} : { authorities: pemIn(authorityFile) };
  if (webhook !== undefined && mail === undefined) {
    const secret = given ?? randomBytes(32).toString('base64url');
    const target: AlertTarget = { kind: 'webhook', url: webhook, secret, ...authorities };
    return { target, ...(given === undefined && { made: secret }) };
  }
  if (webhook !== undefined || mail === undefined || smtp === undefined || from === undefined) {
    throw cliErrors.error('cli/alert-where', {});
  }
  const login = {
    ...(user !== undefined && { user }),
    ...(given !== undefined && { secret: given }),
  };
  return {
    target: { kind: 'mail', server: smtp, from, to: [...mail], ...login, ...authorities },
  };
}

const filterOf = ({
  severity,
  kind: kinds,
  machine: machines,
  site: sites,
}: AddFlags): AlertFilter => ({
  // Whoever names a kind means it, however bad it is.
  severity: kinds ? 'info' : severity,
  ...(kinds && { kinds }),
  ...(machines && { machines }),
  ...(sites && { sites }),
});

const removeCommand = (): Command =>
  ofNetwork('remove', 'alert somebody no more')
    .argument('<name>', 'as `hawser alerts` shows it')
    .option(...reason)
    .action((name: string, options: NetworkOptions & Reasoned) =>
      inNetwork(options, async (client, network) => {
        const params = { network, receiver: name };
        await client.call('removeReceiver', { params, query: { why: options.message } });
        if (options.json) printJson({ removed: name });
        else print(`${name} is alerted no more`);
      }),
    );

const testCommand = (): Command =>
  ofNetwork('test', 'send one alert that says that it is a test, and tell whether it was taken')
    .argument('<name>', 'as `hawser alerts` shows it')
    .action((name: string, options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const { took } = await client.call('testReceiver', { params: { network, receiver: name } });
        if (options.json) printJson({ name, took });
        else print(`${name} took it, after ${took} ms`);
      }),
    );

export const alertsCommand = (): Command =>
  ofNetwork('alerts', 'who is alerted, whether that succeeds, and what is not well now')
    .action((options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const found = await client.call('alerts', { params: { network } });
        if (options.json) printJson(found);
        else print(alertsText(found));
      }),
    )
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(testCommand());
