import { apiErrors, type DriftEntry, type Revision } from '#api';
import { canonicalJson } from '#base';
import { silenceOf } from '../../alerts/silence.ts';
import type { Transaction } from '../../store/contract.ts';
import type { Handlers } from '../call.ts';
import { type Context, revisionOf } from './context.ts';

type Names = 'history' | 'show' | 'drift' | 'audit' | 'events';

/** Revisions that are shown when nobody says how many. */
const page = 50;
const day = 24 * 3600 * 1000;
/** Entries of the audit that are looked through for drift. */
const driftLimit = 10_000;

async function newestOf(tx: Transaction, network: string): Promise<number> {
  const [newest] = await tx.revisions(network, { limit: 1 });
  return newest?.id.number ?? 0;
}

/** Only the newest revision waits: one that was held is overtaken by any that comes later. */
const asItIs = (revision: Revision, newest: number): Revision =>
  revision.state === 'held' && revision.id.number < newest
    ? { ...revision, state: 'overtaken' }
    : revision;

/** What happened. */
export function recordHandlers(context: Context): Pick<Handlers, Names> {
  const { store, clock } = context;
  return {
    async history({ params, query: { before, limit = page } }) {
      context.networks.get(params.network);
      const range = { limit, ...(before !== undefined && { before }) };
      return store.read(async (tx) => {
        const newest = await newestOf(tx, params.network);
        return (await tx.revisions(params.network, range)).map((one) => asItIs(one, newest));
      });
    },

    async show({ params }) {
      context.networks.get(params.network);
      const { revision, files } = await revisionOf(context, params.network, params.number);
      const newest = await store.read(async (tx) => newestOf(tx, params.network));
      return { ...asItIs(revision, newest), ...files };
    },

    async drift({ params, query: { machine } }) {
      const { network } = context.networks.get(params.network);
      const since = new Date(clock().getTime() - day).toISOString();
      const query = { since, network: params.network, limit: driftLimit };
      const entries = await store.read(async (tx) => tx.audit(query));
      const found = driftOf(
        entries.filter(({ actor }) => machine === undefined || actor === machine),
      );
      // Of one that left there may be entries still.
      if (machine === undefined || found.length > 0 || network.snapshot.machines.has(machine)) {
        return found;
      }
      throw apiErrors.error('api/not-found', { what: `machine ${machine} that joined` });
    },

    async events({ params: { network: name }, query: { limit = 1000, ...query } }) {
      const { snapshot } = context.networks.get(name).network;
      return store.read(async (tx) => {
        const silences = await tx.silences(name);
        return (await tx.events(name, { ...query, limit })).map((event) => ({
          ...event,
          ...(silenceOf(snapshot, silences, event, event.at) && { silenced: true as const }),
        }));
      });
    },

    async audit({ query: { since, after, network, limit = 1000 } }) {
      const asked = {
        limit,
        ...(since !== undefined && { since }),
        ...(after !== undefined && { after }),
        ...(network !== undefined && { network }),
      };
      return [...(await store.read(async (tx) => tx.audit(asked)))];
    },
  };
}

interface DriftDetail {
  readonly changes: readonly string[];
}

/** What a machine had the same trouble with is one entry, with the times of a day; newest first. */
function driftOf(
  entries: readonly {
    readonly action: string;
    readonly actor: string;
    readonly at: string;
    readonly detail: unknown;
  }[],
): DriftEntry[] {
  const drifts = entries.filter(({ action }) => action === 'drift');
  const alike = Map.groupBy(
    drifts,
    ({ actor, detail }) => `${actor} ${canonicalJson(detailOf(detail))}`,
  );
  return [...alike.values()]
    .flatMap((group): DriftEntry[] => {
      const last = group.at(-1);
      if (!last) return [];
      const { actor: machine, at, detail } = last;
      return [{ machine, at, changes: [...detailOf(detail)], times: group.length }];
    })
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

const detailOf = (detail: unknown): readonly string[] => (detail as DriftDetail).changes;
