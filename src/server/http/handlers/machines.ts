import { apiErrors, type JoinResponse } from '#api';
import type { Edit } from '../../network/edit.ts';
import type { StoredMachine } from '../../store/contract.ts';
import type { Handlers } from '../call.ts';
import { type Context, decidedOnce, once, onceOfKind } from './context.ts';

type Names =
  | 'join'
  | 'approveMachine'
  | 'replaceMachine'
  | 'revokeMachine'
  | 'giveKey'
  | 'retryMachine';

const noMachine = (name: string) =>
  apiErrors.error('api/not-found', { what: `machine ${name} that joined` });

const noUseLeft = () => apiErrors.error('api/unauthorized', { is: 'is used up' });

function retried({ quarantined: _, ...rest }: StoredMachine, author: string): Edit {
  return { author, action: 'retry', detail: { machine: rest.name }, put: [rest] };
}

export function machineHandlers(context: Context): Pick<Handlers, Names> {
  const { clock, tokens, servers, authorities } = context;
  return {
    async join({ params, body, actor }): Promise<JoinResponse> {
      const { network } = context.networks.get(params.network);
      const at = clock().toISOString();
      const { snapshot } = await network.commit(async ({ byIdentity }, decide) => {
        if (actor.isSpent && !byIdentity.has(body.identity)) throw noUseLeft();
        const edit = await decide({ name: 'enrol', input: { request: body, actor, at } });
        if (!edit || byIdentity.has(body.identity)) return edit;
        return { ...edit, also: async (tx) => tokens.consume(tx, actor.hash) };
      });
      const record = snapshot.byIdentity.get(body.identity);
      if (!record) throw apiErrors.error('api/unavailable', { why: 'the machine left meanwhile' });
      const { name: machine, enrolment } = record;
      const trust = { servers: [...servers()], authorities: [...authorities()] };
      return { network: params.network, machine, enrolment, ...trust };
    },

    async approveMachine(call) {
      const { params, body, actor } = call;
      const { name: author, person } = actor;
      const at = clock().toISOString();
      const approval = { ...body, machine: params.machine, author, person, at };
      return once(context, call, 'approveMachine', async (_, decide) =>
        decide({ name: 'approve', input: approval }),
      );
    },

    async replaceMachine(call) {
      const { params, actor } = call;
      await onceOfKind(context, call, 'replaceMachine', async ({ machines }, decide) => {
        const machine = machines.get(params.machine);
        if (!machine) throw noMachine(params.machine);
        const input = { machine, author: actor.name, action: 'replace' } as const;
        return decide({ name: 'forget', input });
      });
      return undefined;
    },

    async revokeMachine(call) {
      const { params, body, actor } = call;
      const at = clock().toISOString();
      const input = { machine: params.machine, author: actor.name, at };
      const name = body.revoked ? 'revoke' : 'restore';
      await decidedOnce(context, call, 'revokeMachine', { name, input });
      return undefined;
    },

    async giveKey(call) {
      const { params, body, actor } = call;
      const input = { machine: params.machine, ...body, author: actor.name };
      await decidedOnce(context, call, 'giveKey', { name: 'giveKey', input });
      return undefined;
    },

    async retryMachine(call) {
      const { params, actor } = call;
      const { network, hub } = context.networks.get(params.network);
      const machine = network.snapshot.machines.get(params.machine);
      if (!machine) throw noMachine(params.machine);
      hub.forgive(machine.identity);
      await onceOfKind(context, call, 'retryMachine', ({ byIdentity }) => {
        const current = byIdentity.get(machine.identity);
        if (!current) throw noMachine(params.machine);
        return retried(current, actor.name);
      });
      hub.orders.retry(machine.identity);
      return undefined;
    },
  };
}
