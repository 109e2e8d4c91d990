import { Resolver } from 'node:dns/promises';
import type { Answer } from './answers.ts';

/** ms for one server, which is asked twice. */
const patience = 2_000;

/** What the machine's own resolvers say; names of its hosts file are not looked at. */
export async function askDns(host: string, family: 4 | 6): Promise<Answer> {
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
