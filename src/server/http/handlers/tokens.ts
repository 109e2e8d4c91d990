import { apiErrors } from '#api';
import { serverErrors } from '../../errors.ts';
import type { Networks } from '../../networks.ts';
import { withOwn } from '../../oidc/people.ts';
import { infoOf } from '../../tokens.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

type Names = 'createToken' | 'listPackages' | 'listTokens' | 'vouchToken' | 'revokeToken';

/** Whether a token would be good in a network that two people have to change; `of` undefined: in all. */
export const needsTwo = (networks: Networks, of: string | undefined): boolean =>
  networks.all.some(
    ({ network: { name, snapshot } }) => snapshot.approvals === 2 && (of ?? name) === name,
  );

export const tokenHandlers = ({
  store,
  tokens,
  clock,
  networks,
  packages,
}: Context): Pick<Handlers, Names> => ({
  async createToken({ body: { why, ...body }, actor, request }) {
    if (body.network !== undefined) networks.get(body.network);
    if (body.role === 'join' && body.network === undefined) {
      throw apiErrors.error('api/invalid-request', { why: 'a join token is for one network' });
    }
    const installs = await packages.some();
    return store.write(async (tx) => {
      const speaks = body.role === 'join' || needsTwo(networks, body.network);
      const { token, info, isAgain } = await tokens.make(tx, {
        ...body,
        ...(speaks && { person: actor.person }),
        ...(request !== undefined && { request: `${actor.person} ${request}` }),
      });
      const answer = { token: token.reveal(), info, installs };
      if (isAgain) return answer;
      const { id, role, name } = info;
      await tx.addAudit({
        at: clock().toISOString(),
        actor: actor.name,
        action: 'token-create',
        ...(info.network !== undefined && { network: info.network }),
        detail: { id, role, name, ...(why && { why }) },
      });
      return answer;
    });
  },

  async listPackages() {
    return [...(await packages.list())];
  },

  async listTokens() {
    const all = await store.read(async (tx) => tx.tokens());
    return all.filter(({ role }) => role !== 'invite').map(infoOf);
  },

  async vouchToken({ params: { id }, body: { why }, actor }) {
    return store.write(async (tx) => {
      const token = (await tx.tokens()).find((one) => one.id === id);
      if (!token) throw apiErrors.error('api/not-found', { what: `token ${id}` });
      const { person, ...own } = token;
      if (person === undefined) return infoOf(token);
      if (person === actor.person) {
        const what = `the token ${id}`;
        throw serverErrors.error('server/second-person', { what, author: actor.name });
      }
      await tx.putToken(own);
      const at = clock().toISOString();
      const detail = { id, name: token.name, ...(why && { why }) };
      await tx.addAudit({ at, actor: actor.name, action: 'token-vouch', detail });
      return infoOf(own);
    });
  },

  async revokeToken({ params: { id }, query: { why }, actor }) {
    await store.write(async (tx) => {
      const all = withOwn(await tx.tokens(), id);
      const token = all.find((one) => one.id === id);
      if (!token) throw apiErrors.error('api/not-found', { what: `token ${id}` });
      // Asked again after a lost answer.
      if (token.revoked) return;
      for (const one of all) await tx.putToken({ ...one, revoked: true });
      const at = clock().toISOString();
      const detail = { id, name: token.name, ...(why && { why }) };
      await tx.addAudit({ at, actor: actor.name, action: 'token-revoke', detail });
    });
    return undefined;
  },
});
