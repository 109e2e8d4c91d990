import { lookup } from 'node:dns/promises';
import type { Question, Tried } from '#api';
import { askServer } from '../lookups/ask-server.ts';
import type { Enter } from '../sockets.ts';

type Found = Omit<Tried, 'id' | 'ms'>;
type Resolve = Extract<Question, { readonly kind: 'resolve' }>;

/** A name, as whoever is to be asked finds it, within so many ms. */
export const resolving = (question: Resolve, within: number, enter: Enter): Promise<Found> =>
  question.server === undefined
    ? byMachine(question.name, within)
    : byServer(question.server, question.name, within, enter);

/** As programs of this machine find it: the hosts file, the resolver, whatever nsswitch.conf(5) says. */
async function byMachine(name: string, within: number): Promise<Found> {
  const { promise: late, resolve } = Promise.withResolvers<Found>();
  const timer = setTimeout(() => resolve({ outcome: 'silent' }), within);
  const asked = lookup(name, { all: true }).then(
    (all): Found => ({ outcome: 'answered', addresses: all.map(({ address }) => address) }),
    ({ code, message }: NodeJS.ErrnoException): Found =>
      code === 'EAI_AGAIN'
        ? { outcome: 'silent', error: code }
        : { outcome: 'refused', error: code ?? message },
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** As a server says it that is asked by DNS. */
async function byServer(
  server: string,
  name: string,
  within: number,
  enter: Enter,
): Promise<Found> {
  const said = await askServer(enter, server, name, within);
  if ('addresses' in said) return { outcome: 'answered', addresses: [...said.addresses] };
  const { error } = said;
  return error === 'ETIMEOUT' ? { outcome: 'silent' } : { outcome: 'refused', error };
}
