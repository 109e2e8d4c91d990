import { apiErrors, invitePath, type ResponseOf } from '#api';
import { operatorAt } from '../../hub/where.ts';
import {
  type Invite,
  type InviteView,
  inviteIn,
  inviteInfo,
  invitesOf,
  makeInvite,
} from '../../invites.ts';
import type { Edit } from '../../network/edit.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import type { MadeToken } from '../../tokens.ts';
import type { Handlers } from '../call.ts';
import { heldError } from './changes.ts';
import { type Context, onceOfKind, personsFor, revisionOf } from './context.ts';

type Names = 'listInvites' | 'planInvite' | 'createInvite' | 'withdrawInvite';

export const viewOf = ({ names, held }: Snapshot, now: Date): InviteView => ({
  now,
  mayLet: (machine) => names.has(machine) || held !== undefined,
  lets: (machine) => names.has(machine) && names.get(machine)?.revoked === undefined,
});

/** Links by which people let devices in on which nothing of ours runs. */
export function inviteHandlers(context: Context): Pick<Handlers, Names> {
  const { store, tokens, compiler, networks, clock, servers } = context;
  const now = (name: string): Snapshot => networks.get(name).network.snapshot;

  return {
    async listInvites({ params: { network } }) {
      const all = await store.read(async (tx) => tx.tokens());
      return [...invitesOf(all, network, viewOf(now(network), clock()))];
    },

    async planInvite({ params, body: invite, address }) {
      const { network, hub } = networks.get(params.network);
      const operator = operatorAt(network, hub, { address });
      const { basis } = network.snapshot;
      return compiler.call('invitePlan', { basis, invite, operator });
    },

    async createInvite(call) {
      const { params, body, actor, request } = call;
      const { plan, why = '', expires, ...invite } = body;
      const { machine } = invite;
      if (expires !== undefined && new Date(expires) <= clock()) {
        throw apiErrors.error('api/invalid-request', { why: `${expires} is over` });
      }
      const persons = await personsFor(context, params.network);
      const wanted: Invite = { ...params, machine, expires, actor, request, now: clock() };
      const detail = { machine, ...(why !== '' && { why }) };
      const base = { author: actor.name, action: 'invite', detail } as const;
      let made: MadeToken | undefined;
      const revision = await onceOfKind(context, call, 'createInvite', async (snapshot, decide) => {
        if (snapshot.held && !snapshot.names.has(machine)) throw heldError(snapshot.held);
        const told = why || `${actor.name} invites ${machine}`;
        const input = { invite, plan, why: told, author: actor.name, persons };
        const change = await decide({ name: 'invite', input });
        return {
          ...(change ?? base),
          async also(tx) {
            made = await makeInvite(tx, tokens, wanted);
            const at = wanted.now.toISOString();
            if (change) await tx.addAudit({ at, actor: actor.name, ...params, ...base });
          },
        };
      });
      made ??= await store.write(async (tx) => makeInvite(tx, tokens, wanted));
      const { info, secret } = made;
      const [server = ''] = servers();
      const all = await store.read(async (tx) => tx.tokens());
      const token = { ...info, hash: '' };
      const answer: ResponseOf<'createInvite'> = {
        link: `${server}${invitePath}#${params.network}.${secret.reveal()}`,
        info: inviteInfo(token, all, viewOf(now(params.network), clock())),
      };
      if (!revision) return answer;
      const { revision: shown } = await revisionOf(context, params.network, revision.number);
      return { ...answer, revision: shown };
    },

    async withdrawInvite({ params: { network, id }, query: { why }, actor }) {
      await networks.get(network).network.commit(async () => {
        const token = await store.read(async (tx) => inviteIn(tx, network, id));
        // Asked again after a lost answer.
        if (token.revoked || token.usesLeft === 0) return undefined;
        const detail = { machine: token.name, ...(why && { why }) };
        const also: Edit['also'] = async (tx) => {
          const now = await inviteIn(tx, network, id);
          if (now.usesLeft !== 0) await tx.putToken({ ...now, revoked: true });
        };
        return { author: actor.name, action: 'invite-withdraw', detail, also };
      });
      return undefined;
    },
  };
}
