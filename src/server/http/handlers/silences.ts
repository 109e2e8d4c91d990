import { randomBytes } from 'node:crypto';
import { apiErrors, type BegunSilence, type Silence } from '#api';
import type { Snapshot } from '../../network/snapshot.ts';
import type { Transaction } from '../../store/contract.ts';
import { hashOf } from '../../tokens.ts';
import type { Handlers } from '../call.ts';
import { type Context, onceOfKind } from './context.ts';
import { requireMachine, requireSite } from './named.ts';

type Names = 'silences' | 'silence' | 'endSilence';

/** What a silence is of. @throws api/not-found, api/invalid-request */
function requireQuiet(
  snapshot: Snapshot,
  { machine, site }: { readonly machine?: string | undefined; readonly site?: string | undefined },
): void {
  if ((machine === undefined) === (site === undefined)) {
    const why = 'it names either a machine or a site';
    throw apiErrors.error('api/invalid-request', { why });
  }
  if (machine !== undefined) requireMachine(snapshot, machine);
  if (site !== undefined) requireSite(snapshot, site);
}

const isOf = ({ machine, site }: Silence, other: Silence): boolean =>
  machine === other.machine && site === other.site;

/** Puts a silence in the place of those that hold for the same, and gives these as they were. */
async function replace(tx: Transaction, network: string, silence: Silence): Promise<Silence[]> {
  const all = await tx.silences(network);
  const replaced = all.filter((one) => isOf(one, silence) && one.until > silence.from);
  for (const one of replaced) await tx.putSilence(network, { ...one, until: silence.from });
  await tx.putSilence(network, silence);
  return replaced;
}

/** Under which the answer to the last silence of a network is kept: those that it replaced end otherwise now. */
const answerKey = (network: string): string => `answer/${network}/silence`;

/** What was answered when a silence began; of one before the last, what is stored of it; undefined: there is none. */
async function answered(
  tx: Transaction,
  network: string,
  id: string,
): Promise<BegunSilence | undefined> {
  const kept = await tx.setting(answerKey(network));
  const last = kept === undefined ? undefined : (JSON.parse(kept) as BegunSilence);
  return last?.id === id ? last : (await tx.silences(network)).find((one) => one.id === id);
}

/** Of what nobody is alerted for a while. */
export function silenceHandlers(context: Context): Pick<Handlers, Names> {
  const { store, clock } = context;
  const holding = async (network: string): Promise<readonly Silence[]> => {
    const now = clock().toISOString();
    const all = await store.read(async (tx) => tx.silences(network));
    return all.filter(({ until }) => until > now);
  };
  return {
    async silences({ params: { network } }) {
      context.networks.get(network);
      return [...(await holding(network))];
    },

    async silence(call) {
      const { params, body, actor, request } = call;
      const { machine, site, lasts, why } = body;
      requireQuiet(context.networks.get(params.network).network.snapshot, body);
      const id = (request === undefined ? randomBytes(6).toString('hex') : hashOf(request)).slice(
        0,
        12,
      );
      const now = clock().getTime();
      const silence: Silence = {
        ...{ id, by: actor.name },
        ...(machine !== undefined && { machine }),
        ...(site !== undefined && { site }),
        from: new Date(now).toISOString(),
        until: new Date(now + lasts * 1000).toISOString(),
        ...(why !== undefined && { why }),
      };
      let begun: BegunSilence | undefined;
      const known = async () => store.read(async (tx) => answered(tx, params.network, id));
      await onceOfKind(context, call, 'silence', async () => {
        begun = request === undefined ? undefined : await known();
        if (begun) return undefined;
        return {
          author: actor.name,
          action: 'silence',
          detail: { id, machine, site, until: silence.until },
          also: async (tx) => {
            const replaced = await replace(tx, params.network, silence);
            begun = { ...silence, ...(replaced.length > 0 && { replaced }) };
            await tx.putSetting(answerKey(params.network), JSON.stringify(begun));
          },
        };
      });
      return begun ?? (await known()) ?? silence;
    },

    async endSilence(call) {
      const { params, actor } = call;
      const { network, id } = params;
      await onceOfKind(context, call, 'endSilence', async () => {
        const found = (await holding(network)).find((one) => one.id === id);
        if (!found) throw apiErrors.error('api/not-found', { what: `silence ${id}` });
        const { machine, site } = found;
        const until = clock().toISOString();
        return {
          author: actor.name,
          action: 'silence-end',
          detail: { id, machine, site },
          also: async (tx) => tx.putSilence(network, { ...found, until }),
        };
      });
      return undefined;
    },
  };
}
