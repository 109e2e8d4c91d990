import { apiErrors, type JoinResponse } from '#api';
import { approved } from '../../network/approve.ts';
import { enrol } from '../../network/enrol.ts';
import { forgotten, removed } from '../../network/remove.ts';
import type { Handlers } from '../call.ts';
import { type Context, outcome } from './context.ts';

type Names = 'join' | 'approveMachine' | 'replaceMachine' | 'removeMachine' | 'retryMachine';

const noMachine = (name: string) =>
  apiErrors.error('api/not-found', { what: `machine ${name} that joined` });

export function machineHandlers(context: Context): Pick<Handlers, Names> {
  const { clock, tokens, servers, authorities } = context;
  return {
    async join({ params, body, actor }): Promise<JoinResponse> {
      const { network } = context.networks.get(params.network);
      const at = clock().toISOString();
      const { snapshot } = await network.commit((current) =>
        enrol(current, {
          request: body,
          actor,
          at,
          consume: async (tx) => tokens.consume(tx, actor.hash),
        }),
      );
      const record = snapshot.byIdentity.get(body.identity);
      if (!record) throw apiErrors.error('api/unavailable', { why: 'the machine left meanwhile' });
      return {
        network: params.network,
        machine: record.name,
        enrolment: record.enrolment,
        servers: [...servers()],
        authorities: [...authorities()],
      };
    },

    async approveMachine({ params, body, actor }) {
      const { network } = context.networks.get(params.network);
      const { revision } = await network.commit((snapshot) =>
        approved(snapshot, { ...body, machine: params.machine, author: actor.name }),
      );
      return outcome(context, params.network, revision);
    },

    async replaceMachine({ params, actor }) {
      const { network } = context.networks.get(params.network);
      await network.commit((snapshot) => {
        const machine = snapshot.machines.get(params.machine);
        if (!machine) throw noMachine(params.machine);
        return forgotten(snapshot, machine, { author: actor.name, action: 'replace' });
      });
      return undefined;
    },

    async removeMachine({ params, actor }) {
      const { network } = context.networks.get(params.network);
      const { revision } = await network.commit((snapshot) =>
        removed(snapshot, params.machine, actor.name),
      );
      return outcome(context, params.network, revision);
    },

    async retryMachine({ params, actor }) {
      const { network, hub } = context.networks.get(params.network);
      const machine = network.snapshot.machines.get(params.machine);
      if (!machine) throw noMachine(params.machine);
      hub.forgive(machine.identity);
      await network.commit(({ byIdentity }) => {
        const current = byIdentity.get(machine.identity);
        if (!current) throw noMachine(params.machine);
        const { quarantined: _, ...rest } = current;
        const detail = { machine: machine.name };
        return { author: actor.name, action: 'retry', detail, put: [rest] };
      });
      hub.retry(machine.identity);
      return undefined;
    },
  };
}
