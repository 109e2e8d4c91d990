import { execFile } from 'node:child_process';
import type { Enter } from '../sockets.ts';

/** What a server of names said, or its error as the system names it: `ETIMEOUT`, `ENOTFOUND`. */
export type Said = { readonly addresses: readonly string[] } | { readonly error: string };

/** A resolver asks from the namespace in which it was made, so another process does it there. */
const asker = `const [server, name, within] = process.argv.slice(1);
const { Resolver } = require('node:dns/promises');
const resolver = new Resolver({ timeout: +within, tries: 1 });
resolver.setServers([server]);
Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]).then((all) => {
  const addresses = all.flatMap(({ value }) => value ?? []);
  const codes = all.flatMap(({ reason }) => reason?.code ?? []);
  const error = codes.find((code) => code !== 'ENODATA');
  console.log(JSON.stringify(addresses.length > 0 || !error ? { addresses } : { error }));
});`;

/** ms that a process takes to begin and end, at most, on a machine with much to do. */
const start = 10_000;

/** Asks one server for the addresses of a name, by DNS, from within a namespace; `within`: ms. */
export const askServer = (
  enter: Enter,
  server: string,
  name: string,
  within: number,
): Promise<Said> =>
  new Promise((resolve) => {
    const host = server.includes(':') ? `[${server}]` : server;
    const command = [process.execPath, '-e', asker, host, name, String(within)];
    const [program = '', ...argv] = [...enter, ...command];
    execFile(program, argv, { timeout: within + start }, (error, out, err) => {
      if (out.startsWith('{')) resolve(JSON.parse(out) as Said);
      else resolve({ error: err.trim().split('\n')[0] || (error?.message ?? 'nothing was said') });
    });
  });
