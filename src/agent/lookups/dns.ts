import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import type { Answer } from './answers.ts';
import { inHostsFile } from './hosts-file.ts';

/** ms for one server, which is asked twice. */
const patience = 2_000;

/** s: a hosts file does not say for how long it will be so. */
const fileTtl = 30;

/** What the machine's own hosts file says, else its resolvers, as for all programs on it. */
export async function askMachine(host: string, family: 4 | 6): Promise<Answer> {
  const text = await readFile('/etc/hosts', 'utf8').catch(() => '');
  const found = inHostsFile(text, host);
  if (found.length === 0) return askDns(host, family);
  const own = found.filter((address) => address.includes(':') === (family === 6));
  return { addresses: own.map((address) => ({ address, ttl: fileTtl })) };
}

async function askDns(host: string, family: 4 | 6): Promise<Answer> {
  // A new one each time: it reads /etc/resolv.conf when it is made.
  const resolver = new Resolver({ timeout: patience, tries: 2 });
  try {
    const found =
      family === 4
        ? await resolver.resolve4(host, { ttl: true })
        : await resolver.resolve6(host, { ttl: true });
    return { addresses: found };
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ENODATA') return { addresses: [] };
    return { failure: reasons[code] ?? code };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ESERVFAIL: 'the resolver cannot find out',
  EREFUSED: 'the resolver refuses to say',
  ECONNREFUSED: 'no resolver answers',
  ETIMEOUT: 'no resolver answers',
};
