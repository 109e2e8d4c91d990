import { apiErrors, conflictOf, requirePlainFiles } from '#api';
import { serverErrors } from '../../errors.ts';
import { operatorAt } from '../../hub/where.ts';
import { withdrawLost } from '../../invites.ts';
import type { Edit } from '../../network/edit.ts';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Handlers } from '../call.ts';
import { Conflict } from '../problems.ts';
import { type Context, once, onceOfKind, outcome, personsFor, revisionOf } from './context.ts';

type Names = 'plan' | 'apply' | 'rollback' | 'approveRevision' | 'rejectRevision' | 'freeze';

/** So many revisions are told to who is behind. */
const told = 50;

/** @throws api/conflict with what others did since, api/not-found */
async function refuseOlder(
  { store }: Context,
  { stored }: Snapshot,
  base: { readonly epoch: string; readonly number: number },
): Promise<void> {
  const { revision, network, latest } = stored;
  if (base.epoch === revision.epoch && base.number === revision.number) return;
  if (base.epoch === revision.epoch && base.number > latest) {
    throw apiErrors.error('api/not-found', { what: `revision ${base.number} of ${network}` });
  }
  const count = Math.min(Math.max(revision.number - base.number, 1), told);
  const since = await store.read(async (tx) =>
    tx.revisions(network, { before: revision.number + 1, limit: count }),
  );
  const lines = since.map(
    ({ id, author, why, kind, summary }) =>
      `${id.number} ${kind} by ${author}${why === '' ? '' : `: ${why}`}${summary.length === 0 ? '' : ` (${summary.join('; ')})`}`,
  );
  throw new Conflict(conflictOf(base, revision), lines);
}

export const heldError = ({ id, summary }: NonNullable<Snapshot['held']>) =>
  apiErrors.error('api/held', { revision: id.number, why: summary[0] ?? 'it was held' });

/** What changes a network, and what a change would do. */
export function changeHandlers(context: Context): Pick<Handlers, Names> {
  return {
    async plan({ params, body: { machine: said, ...files }, address }) {
      requirePlainFiles(files);
      const { network, hub } = context.networks.get(params.network);
      return network.plan(files, operatorAt(network, hub, { address, said }));
    },

    async apply(call) {
      const { body, actor } = call;
      const { entry, files, base, plan, why = '', force = false } = body;
      if (!base && plan === undefined && !force) {
        const missing = 'it says neither `base` nor `plan`, and not `force`';
        throw apiErrors.error('api/invalid-request', { why: missing });
      }
      requirePlainFiles({ entry, files });
      return once(context, call, 'apply', async (snapshot, decide) => {
        if (base && !force) await refuseOlder(context, snapshot, base);
        if (snapshot.held) throw heldError(snapshot.held);
        const persons = await personsFor(context, call.params.network);
        const said = { kind: 'apply', why, author: actor.name, persons } as const;
        return decide({ name: 'change', input: { ...said, files: { entry, files }, plan } });
      });
    },

    async rollback(call) {
      const { params, body, actor } = call;
      const { files } = await revisionOf(context, params.network, params.number);
      const { plan, why = `back to revision ${params.number}` } = body;
      const persons = await personsFor(context, params.network);
      const said = { kind: 'rollback', why, author: actor.name, persons } as const;
      const input = { ...said, files, plan };
      return once(context, call, 'rollback', async (_, decide) =>
        decide({ name: 'change', input }),
      );
    },

    async approveRevision(call) {
      const { params, actor } = call;
      const { network: name, number } = params;
      const { files, revision, person = revision.author } = await revisionOf(context, name, number);
      // Asked again after a lost answer.
      if (revision.approver === actor.name) return revision;
      await onceOfKind(context, call, 'approveRevision', async ({ held }, decide) => {
        if (held?.id.number !== number) {
          throw serverErrors.error('server/not-held', { number, network: name });
        }
        const persons = [person, actor.person] as const;
        const input = { revision, files, author: actor.name, persons };
        return decide({ name: 'release', input });
      });
      return outcome(context, name, undefined);
    },

    async rejectRevision(call) {
      const { network: name, number } = call.params;
      await onceOfKind(context, call, 'rejectRevision', ({ held, names }) => {
        if (held?.id.number !== number) return undefined;
        const also: Edit['also'] = async (tx) =>
          withdrawLost(tx, name, (machine) => names.has(machine));
        return { author: call.actor.name, action: 'reject', reject: number, also };
      });
      const { revision } = await revisionOf(context, name, number);
      if (revision.state === 'rejected') return revision;
      throw serverErrors.error('server/not-held', { number, network: name });
    },

    async freeze(call) {
      const { frozen } = call.body;
      await onceOfKind(context, call, 'freeze', ({ stored }) => {
        if (stored.frozen === frozen) return undefined;
        return { author: call.actor.name, action: frozen ? 'freeze' : 'thaw', frozen };
      });
      return undefined;
    },
  };
}
