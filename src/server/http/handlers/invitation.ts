import { apiErrors, type InviteInfo } from '#api';
import { inviteInfo, requireOpen, useInvite } from '../../invites.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';
import { viewOf } from './invites.ts';

type Names = 'invitation' | 'acceptInvitation' | 'arrival';

const keyOf = ({ names }: Snapshot, machine: string): string | undefined =>
  names.get(machine)?.keys?.['0'];

/** What the holder of a link may: one device is let in, once. */
export function invitationHandlers(context: Context): Pick<Handlers, Names> {
  const { store, compiler, networks, clock } = context;

  /** The invitation that a secret stands for. @throws as `requireOpen` */
  const known = async (hash: string, snapshot: Snapshot): Promise<InviteInfo> => {
    const all = await store.read(async (tx) => tx.tokens());
    const token = all.find((one) => one.hash === hash);
    if (!token) throw apiErrors.error('api/unauthorized', { is: 'is unknown here' });
    const view = viewOf(snapshot, clock());
    requireOpen(token, all, view);
    return inviteInfo(token, all, view);
  };

  return {
    async invitation({ params: { network }, actor }) {
      const snapshot = networks.get(network).network.snapshot;
      const { machine, by, expires } = await known(actor.hash, snapshot);
      return { network, machine, by, expires, replaces: keyOf(snapshot, machine) !== undefined };
    },

    async acceptInvitation({ params, body: { publicKey }, actor: { hash, name: machine } }) {
      const { network } = networks.get(params.network);
      const { snapshot } = await network.commit(async (before, decide) => {
        // Asked again after a lost answer, by the browser that has the key.
        if (keyOf(before, machine) === publicKey) return undefined;
        await known(hash, before);
        const edit = await decide({ name: 'accept', input: { machine, publicKey } });
        return (
          edit && { ...edit, also: async (tx) => useInvite(tx, hash, viewOf(before, clock())) }
        );
      });
      const found = await compiler.call('handedOut', { basis: snapshot.basis, machine });
      return { network: params.network, ...found };
    },

    async arrival({ params, query: { publicKey }, actor: { name: machine, hash } }) {
      const { network, hub } = networks.get(params.network);
      const { snapshot } = network;
      if (keyOf(snapshot, machine) !== publicKey) await known(hash, snapshot);
      const pairs = await network.tunnelPairs(snapshot);
      const others = pairs.flatMap(({ machines }) =>
        machines.includes(machine) ? machines.filter((one) => one !== machine) : [],
      );
      return {
        peers: others.map((other) => {
          const identity = snapshot.machines.get(other)?.identity;
          const { handshake } =
            hub.heardFrom(identity)?.samples.freshOf(machine, performance.now()) ?? {};
          return { machine: other, ...(handshake !== undefined && { handshake }) };
        }),
      };
    },
  };
}
