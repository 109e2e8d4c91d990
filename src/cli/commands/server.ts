import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { nameOfHost } from '#agent';
import type { ServerInit } from '#server';
import packageFile from '../../../package.json' with { type: 'json' };
import { newPassphrase } from '../ask.ts';
import { cliErrors } from '../errors.ts';
import {
  type DatabaseFlags,
  databaseFileOption,
  databaseOf,
  databaseOption,
} from '../server/database.ts';
import { greet, greetAgain } from '../server/greeting.ts';
import { untilStopped } from '../server/life.ts';
import { type LogForm, logForms } from '../server/log-form.ts';
import { defaultData, defaultPackages, type Listen, listenOf } from '../server/places.ts';
import { resetAdminCommand } from '../server/reset-admin.ts';
import { freeOverlay, lookAround } from '../server/surroundings.ts';
import { durationOf } from '../times.ts';

interface Flags extends DatabaseFlags {
  readonly data: string;
  readonly listen?: string;
  readonly address?: readonly string[];
  readonly network: string;
  readonly name: string;
  readonly endpoint?: string;
  readonly overlay?: string;
  readonly join: boolean;
  readonly json?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly packages: string;
  readonly backupEvery?: number;
  readonly backupTo?: string;
  readonly keep: number;
  readonly passphraseFile?: string;
  readonly confirmWithin?: number;
  readonly auditSyslog?: string;
  readonly auditKeep?: number;
  readonly log?: LogForm;
}

const collect = (text: string, all: readonly string[] = []): readonly string[] => [...all, text];

function period(text: string): number {
  const every = durationOf(text);
  if (every) return every;
  throw new InvalidArgumentError('a duration is expected, such as 12h, 1d, 1w');
}

/** `hawser drift` counts in the audit of a day. */
function longPeriod(text: string): number {
  const time = period(text);
  if (time >= 86_400_000) return time;
  throw new InvalidArgumentError('a day is the least');
}

function count(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a number from 1 on is expected');
}

export const serverCommand = (): Command =>
  new Command('server')
    .description('serve networks from this machine; the first start begins one with it as the hub')
    .option('--data <dir>', 'where everything is kept', defaultData())
    .option(...databaseOption)
    .option(...databaseFileOption)
    .option('--listen <host:port>', 'where to listen; all addresses, port 7443, unless said')
    .option('--address <host>', 'how machines reach it, or a whole URL; may be said again', collect)
    .option('--tls-cert <file>', 'your own certificate (PEM) instead of one that Hawser makes')
    .option('--tls-key <file>', 'and its key')
    .option('--packages <dir>', 'Hawser itself, for machines without it', defaultPackages())
    .option('--backup-every <time>', 'make a backup each 12h, 1d ..., under a passphrase', period)
    .option('--backup-to <dir>', 'where; `backups` in --data unless said')
    .option('--keep <number>', 'how many of them to keep', count, 14)
    .option(
      '--passphrase-file <file>',
      'holds the passphrase of the backups; else HAWSER_PASSPHRASE, else it is asked for',
    )
    .option(
      '--confirm-within <time>',
      'how long agents have to confirm a change, as their own option says (default: 30s)',
      period,
    )
    .option(
      '--audit-syslog <url>',
      'send the audit there too: udp://, tcp://HOST:514, unix:/dev/log',
    )
    .option('--audit-keep <time>', 'remove older entries of the audit: 400d ...', longPeriod)
    .option('--network <name>', 'first start: what to call the network', 'home')
    .option('--name <machine>', 'first start: what to call this machine in it', nameOfHost())
    .option('--endpoint <host:port>', 'first start: where its WireGuard is reached')
    .option('--overlay <prefix>', 'first start: the addresses of the network')
    .option('--no-join', 'first start: no network yet, and no part of this machine in one')
    .addOption(
      new Option(
        '--log <form>',
        'how the log is written: as text on a terminal, else as JSON, unless said',
      ).choices(logForms),
    )
    .option('--json', 'for programs: where it serves, and the tokens of a first start')
    .addHelpText(
      'after',
      `
Runs until it is told to stop (Ctrl-C); what it has built goes on without it.
Behind a NAT, say --address and --endpoint with the public address.`,
    )
    .action(serve)
    .addCommand(resetAdminCommand());

async function serve(flags: Flags, command: Command): Promise<void> {
  const { startServer } = await import('#server');
  const { serverLog } = await import('../server/log.ts');
  const database = databaseOf(flags, command);
  const init = await initOf(flags, database, serverLog(flags.log));
  // From here on: a first start that ended halfway would have made tokens that nobody saw.
  const stopped = untilStopped();
  const server = await startServer(init).catch((error: unknown) => {
    throw explained(error, init.listen);
  });
  const listen = { ...init.listen, port: server.port };
  if (server.firstTokens) await greet(server, server.firstTokens, listen, flags);
  else greetAgain(listen, flags);
  await stopped;
  await server.close();
}

/** Why the port cannot be had, in words; every other error as it is. */
function explained(error: unknown, { host, port }: Listen): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return error;
  const reason = { EADDRINUSE: 'another program listens there', EACCES: 'only root may' }[
    code ?? ''
  ];
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return cliErrors.error(
    'cli/cannot-listen',
    { place, reason: reason ?? message },
    { cause: error },
  );
}

async function backupsOf(every: number, flags: Flags): Promise<NonNullable<ServerInit['backups']>> {
  const folder = flags.backupTo ?? join(flags.data, 'backups');
  return { folder, every, keep: flags.keep, passphrase: await newPassphrase(flags.passphraseFile) };
}

async function auditOf({
  auditSyslog,
  auditKeep,
}: Flags): Promise<NonNullable<ServerInit['audit']>> {
  const { targetOf } = await import('#server');
  return {
    ...(auditSyslog !== undefined && { syslog: targetOf(auditSyslog) }),
    ...(auditKeep !== undefined && { keep: auditKeep }),
  };
}

async function initOf(
  flags: Flags,
  database: string | undefined,
  log: ServerInit['log'],
): Promise<ServerInit> {
  const { addresses: own, used } = await lookAround();
  const addresses = flags.address ?? own;
  const [first] = addresses;
  if (first === undefined) throw cliErrors.error('cli/no-address', {});
  const { data, packages, network, name: machine } = flags;
  const overlay = flags.overlay ?? freeOverlay(used);
  const firstNetwork = {
    network,
    machine,
    overlay,
    endpoint: flags.endpoint ?? endpointAt(first),
  };
  const { tlsCert: certFile, tlsKey: keyFile } = flags;
  return {
    data,
    listen: listenOf(flags.listen),
    addresses,
    packages,
    dashboard: join(dirname(resolve(process.argv[1] ?? '')), 'web'),
    version: packageFile.version,
    log,
    audit: await auditOf(flags),
    ...(database !== undefined && { database }),
    ...(flags.confirmWithin !== undefined && { confirm: flags.confirmWithin }),
    ...(flags.backupEvery !== undefined && { backups: await backupsOf(flags.backupEvery, flags) }),
    ...(flags.join && { firstNetwork }),
    ...(certFile !== undefined && keyFile !== undefined && { tls: { certFile, keyFile } }),
  };
}

/** WireGuard's own port at the host of an address. */
function endpointAt(address: string): string {
  const host = address.startsWith('https://') ? new URL(address).hostname : address;
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:51820`;
}
