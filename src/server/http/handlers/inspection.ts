import { apiErrors } from '#api';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Handlers } from '../call.ts';
import type { Context } from './context.ts';

type Names = 'tunnel' | 'trace' | 'access' | 'segments';

/** What people look up in a network as it is meant. */
export function inspectionHandlers({ networks, compiler }: Context): Pick<Handlers, Names> {
  const at = (name: string): Snapshot => networks.get(name).network.snapshot;
  return {
    async tunnel({ params: { network, a, b } }) {
      const { basis, stored } = at(network);
      const ends = await compiler.call('tunnelEnds', { basis, ends: [a, b] });
      if (ends.length > 0) {
        return {
          revision: stored.revision,
          ends: ends.map((end) => ({ ...end, allowedIps: [...end.allowedIps] })),
        };
      }
      throw apiErrors.error('api/not-found', { what: `a tunnel between ${a} and ${b}` });
    },

    async trace({ params, query: { from, to, port = 'icmp', family } }) {
      const { basis } = at(params.network);
      return compiler.call('trace', { basis, from, to, port, family });
    },

    async segments({ params }) {
      const { basis, stored } = at(params.network);
      return { revision: stored.revision, ...(await compiler.call('segments', { basis })) };
    },

    async access({ params }) {
      const { basis, stored } = at(params.network);
      const { groups, access } = await compiler.call('access', { basis });
      return {
        revision: stored.revision,
        groups: groups.map((group) => [...group]),
        access: access.map(({ ports, closed, example: [from, to], ...rest }) => ({
          ...{ ...rest, ports: [...ports] },
          ...(closed && { closed: [...closed] }),
          example: [from, to],
        })),
      };
    },
  };
}
