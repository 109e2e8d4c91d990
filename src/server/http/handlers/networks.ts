import { type NetworkStatus, requirePlainFiles } from '#api';
import { Secret } from '#base';
import { serverErrors } from '../../errors.ts';
import { newEpoch } from '../../first.ts';
import { servingMachine } from '../../hub/where.ts';
import type { JsonText } from '../../json-text.ts';
import { statusOf } from '../../network/status.ts';
import { makeNetworkSecret } from '../../secrets/network-secret.ts';
import type { Handlers } from '../call.ts';
import { Together } from '../together.ts';
import { type Context, outcome, personsFor, revisionOf } from './context.ts';

type Names = 'listNetworks' | 'createNetwork' | 'status' | 'pull' | 'backup';

/** Networks as they are. */
export function networkHandlers(context: Context): Pick<Handlers, Names> {
  const { store, clock, compiler } = context;
  const statuses = new Together<JsonText<NetworkStatus>>();
  return {
    async listNetworks({ actor }) {
      const all = await store.read(async (tx) => tx.networks());
      return all.filter(({ network }) => actor.network === undefined || network === actor.network);
    },

    async createNetwork({ params: { network: name }, body, actor, request }) {
      const { entry, files, why = '', facts } = body;
      requirePlainFiles({ entry, files });
      const epoch = newEpoch();
      const persons = await personsFor(context, name);
      const wanted = { name, files: { entry, files }, facts, epoch, persons };
      const made = await compiler.call('create', wanted);
      await store.write(async (tx) => {
        const isDone = request !== undefined && (await tx.requested(name, request)) === 1;
        if (isDone) return;
        if (await tx.head(name))
          throw serverErrors.error('server/network-exists', { network: name });
        const at = clock().toISOString();
        await tx.createNetwork(name, epoch, {
          kind: 'create',
          at,
          author: actor.name,
          why,
          request,
          person: actor.person,
          state: 'applied',
          summary: [],
          ...made,
        });
        await makeNetworkSecret(tx, name);
        const entryOf = { at, actor: actor.name, action: 'create', network: name, revision: 1 };
        await tx.addAudit({ ...entryOf, detail: { why } });
      });
      await context.networks.open(name);
      return outcome(context, name, { epoch, number: 1 });
    },

    async status({ params }) {
      return statuses.ask(params.network, async () => {
        const { network, hub } = context.networks.get(params.network);
        const server = servingMachine(network, hub);
        const silences = await store.read(async (tx) => tx.silences(params.network));
        return statusOf(network.snapshot, { hub, now: clock(), server, silences });
      });
    },

    async pull({ params, query }) {
      const { network } = context.networks.get(params.network);
      const { snapshot } = network;
      const { revision } = snapshot.stored;
      const { files } = await revisionOf(context, params.network, revision.number);
      return { revision, ...files, ...(query.facts && (await network.facts(snapshot))) };
    },

    async backup({ body, actor }) {
      const { why } = body;
      const passphrase = new Secret(body.passphrase);
      const detail = why ? { why } : {};
      const at = clock().toISOString();
      await store.write((tx) => tx.addAudit({ at, actor: actor.name, action: 'backup', detail }));
      return context.backup(passphrase);
    },
  };
}
