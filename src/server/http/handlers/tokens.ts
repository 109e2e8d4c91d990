import { apiErrors } from '#api';
import { infoOf } from '../../tokens.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

type Names = 'createToken' | 'listPackages' | 'listTokens' | 'revokeToken';

export const tokenHandlers = ({
  store,
  tokens,
  clock,
  networks,
  packages,
}: Context): Pick<Handlers, Names> => ({
  async createToken({ body, actor }) {
    if (body.network !== undefined) networks.get(body.network);
    if (body.role === 'join' && body.network === undefined) {
      throw apiErrors.error('api/invalid-request', { why: 'a join token is for one network' });
    }
    const installs = await packages.some();
    return store.write(async (tx) => {
      const { token, info } = await tokens.make(tx, body);
      const { id, role, name } = info;
      await tx.addAudit({
        at: clock().toISOString(),
        actor: actor.name,
        action: 'token-create',
        ...(info.network !== undefined && { network: info.network }),
        detail: { id, role, name },
      });
      return { token: token.reveal(), info, installs };
    });
  },

  async listPackages() {
    return [...(await packages.list())];
  },

  async listTokens() {
    const all = await store.read(async (tx) => tx.tokens());
    return all.map(infoOf);
  },

  async revokeToken({ params: { id }, actor }) {
    await store.write(async (tx) => {
      const token = (await tx.tokens()).find((one) => one.id === id);
      if (!token) throw apiErrors.error('api/not-found', { what: `token ${id}` });
      await tx.putToken({ ...token, revoked: true });
      const at = clock().toISOString();
      const detail = { id, name: token.name };
      await tx.addAudit({ at, actor: actor.name, action: 'token-revoke', detail });
    });
    return undefined;
  },
});
