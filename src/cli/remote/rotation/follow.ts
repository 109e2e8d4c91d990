import { setTimeout as sleep } from 'node:timers/promises';
import type { RotationStatus } from '#api';
import { print, tell } from '../../output.ts';
import type { Client } from '../client.ts';
import { phaseText, presharedText, waitText } from './words.ts';

/** ms between questions, and until somebody who holds it up is named: a handshake is tried again after 5 s. */
const pause = 200;
const patience = 10_000;

/** Tells each phase once, and who holds it up once he has for a while. */
class Teller {
  #phase = '';
  #told = '';
  #since = 0;

  hear({ phase, waits }: RotationStatus): void {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#since = performance.now();
      tell(`${phase}: ${phaseText(phase)}`);
    }
    if (waits.length === 0 || performance.now() - this.#since < patience) return;
    const text = waits.map(waitText).join('\n');
    if (text !== this.#told) tell(`waiting for\n${text}`);
    this.#told = text;
  }
}

/** Waits until a network's change of key is over, and tells how it goes. */
export async function followRotation(
  client: Client,
  network: string,
  { quiet }: { readonly quiet: boolean },
): Promise<void> {
  const teller = new Teller();
  while (true) {
    const { rotation } = await client.call('rotation', { params: { network } });
    if (!rotation) return;
    if (!quiet) teller.hear(rotation);
    // People take their time to import a file.
    if (rotation.phase === 'files') return;
    await sleep(pause);
  }
}

/**
 * Waits until all have newer preshared keys, or until only machines are missing that do not answer, and
 * tells who.
 */
export async function followPreshared(
  client: Client,
  network: string,
  { quiet }: { readonly quiet: boolean },
): Promise<void> {
  const end = performance.now() + patience;
  while (true) {
    const { preshared } = await client.call('rotation', { params: { network } });
    if (!preshared) {
      if (!quiet) print('every two machines use the newer keys; the older are forgotten');
      return;
    }
    if (performance.now() > end) {
      if (!quiet) print(presharedText(preshared));
      return;
    }
    await sleep(pause);
  }
}
