import { apiErrors } from '#api';
import { serverErrors } from '../../errors.ts';
import { endAll, isPerson } from '../../oidc/people.ts';
import { providerIn, providerOf, putProvider, shownProvider } from '../../oidc/provider.ts';
import { infoOf } from '../../tokens.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';
import { needsTwo } from './tokens.ts';

type Names =
  | 'readmitToken'
  | 'loginProvider'
  | 'putLoginProvider'
  | 'removeLoginProvider'
  | 'vouchLoginProvider';

const none = () => apiErrors.error('api/not-found', { what: 'provider of logins' });

/** By which provider of OpenID Connect people log in, and as what. */
export function loginProviderHandlers(context: Context): Pick<Handlers, Names> {
  const { store, clock, networks, logins, servers } = context;
  return {
    async loginProvider() {
      const provider = await logins.provider();
      return provider ? { provider: shownProvider(provider) } : {};
    },

    async putLoginProvider({ body: { why, ...wish }, actor }) {
      for (const { network } of wish.roles) if (network !== undefined) networks.get(network);
      const now = clock();
      const made = now.toISOString();
      // Whoever says who is in which group could be two people by it.
      const person = needsTwo(networks, undefined) ? actor.person : undefined;
      const provider = providerOf(wish, { made, servers: servers(), person });
      await logins.requireProvider(provider);
      return store.write(async (tx) => {
        // Who may what is another from now on: everybody is asked again.
        await endAll(tx, now);
        await putProvider(tx, provider);
        const { issuer, clientId, groupsClaim, roles } = provider;
        const detail = { issuer, clientId, groupsClaim, roles, ...(why && { why }) };
        await tx.addAudit({ at: made, actor: actor.name, action: 'login-provider', detail });
        return shownProvider(provider);
      });
    },

    async removeLoginProvider({ query: { why }, actor }) {
      await store.write(async (tx) => {
        const provider = await providerIn(tx);
        // Asked again after a lost answer.
        if (!provider) return;
        const now = clock();
        await putProvider(tx, undefined);
        await endAll(tx, now);
        const detail = { issuer: provider.issuer, ...(why && { why }) };
        const at = now.toISOString();
        await tx.addAudit({ at, actor: actor.name, action: 'login-provider-remove', detail });
      });
      return undefined;
    },

    async vouchLoginProvider({ body: { why }, actor }) {
      return store.write(async (tx) => {
        const provider = await providerIn(tx);
        if (!provider) throw none();
        const { person, ...own } = provider;
        if (person === undefined) return shownProvider(provider);
        const { issuer } = provider;
        if (person === actor.person) {
          const what = `the provider of logins ${issuer}`;
          throw serverErrors.error('server/second-person', { what, author: actor.name });
        }
        await putProvider(tx, own);
        const at = clock().toISOString();
        const detail = { issuer, ...(why && { why }) };
        await tx.addAudit({ at, actor: actor.name, action: 'login-provider-vouch', detail });
        return shownProvider(own);
      });
    },

    async readmitToken({ params: { id }, body: { why }, actor }) {
      return store.write(async (tx) => {
        const token = isPerson(id) && (await tx.tokens()).find((one) => one.id === id);
        if (!token) throw apiErrors.error('api/not-found', { what: `person ${id}` });
        if (!token.revoked) return infoOf(token);
        // What he had stays ended: he logs in again, and has what his groups are worth then.
        const at = clock().toISOString();
        const back = { ...token, revoked: false, expires: at };
        await tx.putToken(back);
        const detail = { id, name: token.name, ...(why && { why }) };
        await tx.addAudit({ at, actor: actor.name, action: 'token-readmit', detail });
        return infoOf(back);
      });
    },
  };
}
