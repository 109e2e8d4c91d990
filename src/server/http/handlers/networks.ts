import { Secret } from '#base';
import { emptyFacts, parseFacts } from '#compile';
import { serverErrors } from '../../errors.ts';
import { newEpoch } from '../../first.ts';
import { Compiled, proven } from '../../network/compiled.ts';
import { statusOf } from '../../network/status.ts';
import { makeNetworkSecret } from '../../secrets/network-secret.ts';
import type { Handlers } from '../call.ts';
import { type Context, outcome } from './context.ts';

type Names = 'listNetworks' | 'createNetwork' | 'status' | 'pull' | 'backup';

/** Networks as they are. */
export function networkHandlers(context: Context): Pick<Handlers, Names> {
  const { store, clock } = context;
  return {
    async listNetworks({ actor }) {
      const all = await store.read(async (tx) => tx.networks());
      return all.filter(({ network }) => actor.network === undefined || network === actor.network);
    },

    async createNetwork({ params: { network: name }, body, actor }) {
      const { entry, files, why = '', facts: text } = body;
      const facts = text === undefined ? emptyFacts : parseFacts(text, name);
      const epoch = newEpoch();
      const set = { entry, files };
      const compiled = Compiled.of({ files: set, facts, revision: { epoch, number: 1 } });
      if (compiled.network.name !== name) {
        throw serverErrors.error('server/other-network', { found: compiled.network.name, name });
      }
      proven(compiled);
      await store.write(async (tx) => {
        if (await tx.network(name))
          throw serverErrors.error('server/network-exists', { network: name });
        const at = clock().toISOString();
        await tx.createNetwork(name, epoch, {
          kind: 'create',
          at,
          author: actor.name,
          why,
          state: 'applied',
          summary: [],
          files: set,
          facts: compiled.facts,
        });
        await makeNetworkSecret(tx, name);
        const entryOf = { at, actor: actor.name, action: 'create', network: name, revision: 1 };
        await tx.addAudit({ ...entryOf, detail: { why } });
      });
      await context.networks.open(name);
      return outcome(context, name, undefined);
    },

    async status({ params }) {
      const { network, hub } = context.networks.get(params.network);
      return statusOf(network.snapshot, hub);
    },

    async pull({ params }) {
      const { stored } = context.networks.get(params.network).network.snapshot;
      return { revision: stored.revision, ...stored.files };
    },

    async backup({ body, actor }) {
      const passphrase = new Secret(body.passphrase);
      const at = clock().toISOString();
      await store.write((tx) =>
        tx.addAudit({ at, actor: actor.name, action: 'backup', detail: {} }),
      );
      return context.backup(passphrase);
    },
  };
}
