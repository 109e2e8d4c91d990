import { apiErrors } from '#api';
import { serverErrors } from '../errors.ts';
import { banishedKey } from '../network/edit.ts';
import type { HubComponents } from './hub.ts';
import type { Wire } from './wire.ts';

/** Seconds after which a machine that nobody knows may ask again. */
const unknownAgain = 300;
/** Seconds after which an agent may return that could not be looked up. */
const unavailableAgain = 5;

/**
 * Says goodbye to who is not of this network: removed by a person, or never known. A machine cleans up
 * only where the store says that a person removed it; where it cannot be read, it says nothing.
 */
export async function dismiss(
  network: string,
  { store, log }: Pick<HubComponents, 'store' | 'log'>,
  identity: string,
  wire: Wire,
): Promise<void> {
  try {
    const banished = await store.read(async (tx) => tx.setting(banishedKey(network, identity)));
    if (banished === undefined) {
      const error = serverErrors.error('server/unknown-machine', { network });
      await wire.refuse({ error, again: unknownAgain });
      return;
    }
    await wire.send({ type: 'removed' });
    wire.close();
  } catch (error) {
    await cannotSay(network, log, error, wire);
  }
}

/** Nobody is told that he is unknown because the store cannot be read (law 7). */
export async function cannotSay(
  network: string,
  log: HubComponents['log'],
  error: unknown,
  wire: Wire,
): Promise<void> {
  log.error({ err: error, network }, 'a machine could not be looked up');
  const why = 'the store cannot be read';
  await wire.refuse({
    error: apiErrors.error('api/unavailable', { why }),
    again: unavailableAgain,
  });
}
