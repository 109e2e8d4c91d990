import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { formatDiagnostic } from '#base';
import { cliErrors } from '../errors.ts';
import { print, printJson } from '../output.ts';
import { type Reasoned, reason } from '../remote/session.ts';
import { type DatabaseFlags, databaseFileOption, databaseOf, databaseOption } from './database.ts';
import { logInHere } from './first-login.ts';
import { defaultData, listenOf } from './places.ts';
import { lookAround } from './surroundings.ts';

interface Flags extends DatabaseFlags, Reasoned {
  readonly data: string;
  readonly listen?: string;
  readonly address?: readonly string[];
  readonly json?: boolean;
}

export const resetAdminCommand = (): Command =>
  new Command('reset-admin')
    .description('on the host of a server: a new admin token; the old ones are void')
    .option('--data <dir>', 'where the server keeps everything', defaultData())
    .option(...databaseOption)
    .option(...databaseFileOption)
    .option('--listen <host:port>', 'where it listens, if it was told so')
    .option('--address <host...>', 'how it is reached, if it was told so')
    .option(...reason)
    .option('--json', 'for programs')
    .action(reset);

async function reset(flags: Flags, command: Command): Promise<void> {
  const { openStore, resetAdmin, serverCertificate, Tokens, urlOf } = await import('#server');
  const listen = listenOf(flags.listen);
  const addresses = flags.address ?? (await lookAround()).addresses;
  const { data } = flags;
  const database = databaseOf(flags, command);
  if (database === undefined && !existsSync(data)) {
    throw cliErrors.error('cli/no-server-here', { data });
  }
  const store = await openStore(database === undefined ? { data } : { database });
  const clock = (): Date => new Date();
  try {
    const { pin } = await serverCertificate(store, { names: [], clock });
    const servers = () => addresses.map((address) => urlOf(address, listen.port));
    const tokens = new Tokens({ servers, ...(pin !== undefined && { pin }) }, store, clock);
    const token = await resetAdmin(store, tokens, clock(), flags.message);
    const stranger = logInHere(token, listen);
    const login = stranger ? formatDiagnostic(stranger) : 'logged in here';
    process.stderr.write(`the old admin tokens are void; ${login}\n`);
    if (flags.json) printJson({ token: token.reveal() });
    else print(token.reveal());
  } finally {
    await store.close();
  }
}
