import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { writeFileAtomically } from '#host';
import { cliErrors } from '../errors.ts';

/** A server one is logged in at. The token's text holds address, pin and secret. */
const Context = Type.Object({
  token: Type.String(),
  /** Where the server is now, if not where the token says. */
  server: Type.Optional(Type.String()),
  /** The network that commands mean which name none. */
  network: Type.Optional(Type.String()),
});
export type Context = Static<typeof Context>;

const Contexts = Type.Object({
  current: Type.Optional(Type.String()),
  contexts: Type.Record(Type.String(), Context),
});
export type Contexts = Static<typeof Contexts>;

export const noContexts: Contexts = { contexts: {} };

/** `$XDG_CONFIG_HOME/hawser/contexts.json`, of this user unless another's home is given. */
export function contextsFile(home?: string): string {
  const config = home === undefined ? process.env['XDG_CONFIG_HOME'] : undefined;
  return join(config || join(home ?? homedir(), '.config'), 'hawser', 'contexts.json');
}

/** Who is logged in where; nobody nowhere without a file. @throws cli/contexts-unreadable */
export function readContexts(file = contextsFile()): Contexts {
  try {
    const data: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (Value.Check(Contexts, data)) return data;
    throw new Error('it does not hold what Hawser wrote there');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return noContexts;
    throw cliErrors.error('cli/contexts-unreadable', { file, reason: message }, { cause });
  }
}

/** Tokens are secrets: folder 0700, file 0600. @throws cli/write-failed */
export function writeContexts(contexts: Contexts, file = contextsFile()): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    chmodSync(dirname(file), 0o700);
    writeFileAtomically(file, `${JSON.stringify(contexts, null, 2)}\n`);
  } catch (cause) {
    throw cliErrors.error('cli/write-failed', { file, reason: String(cause) }, { cause });
  }
}

/** With one context more, which is the current one from now on. */
export const withContext = (old: Contexts, name: string, context: Context): Contexts => ({
  current: name,
  contexts: { ...old.contexts, [name]: context },
});

/** Without a context; of those that are left, none is current unless it was. */
export function withoutContext({ current, contexts }: Contexts, name: string): Contexts {
  const { [name]: _, ...rest } = contexts;
  return { contexts: rest, ...(current !== undefined && current !== name && { current }) };
}
