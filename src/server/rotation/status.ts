import type { KeyChanges, PresharedStatus, RotationPlan, RotationStatus } from '#api';
import type { Hub } from '../hub/hub.ts';
import type { Network } from '../network/network.ts';
import type { RotationRequest } from './decisions.ts';
import { absence, unconfirmed, waitsOf } from './waits.ts';

/** How far a rotation is; undefined: none is under way. */
export async function rotationStatus(
  network: Network,
  hub: Hub,
): Promise<RotationStatus | undefined> {
  const { turn } = network.snapshot;
  if (!turn) return undefined;
  const { machine, phase, since, partners, reached, without, files = [], linger } = turn.rotation;
  const ends = new Date(Date.parse(since) + linger * 1000).toISOString();
  return {
    machine,
    phase,
    since,
    machines: phase === 'files' ? [...files] : [machine, ...partners],
    reached: [...reached],
    without: [...without],
    waits: [...(await waitsOf(network, hub))],
    ...(phase === 'linger' && { ends }),
  };
}

/** How far it is with newer preshared keys; undefined: none are handed out. */
export function presharedStatus({ snapshot }: Network, hub: Hub): PresharedStatus | undefined {
  const { preshared } = snapshot;
  if (!preshared) return undefined;
  const { change, to, late } = preshared;
  const waits = late.map(
    (name) => absence(snapshot, hub, name) ?? unconfirmed(snapshot, hub, name),
  );
  return { from: change.from, to, have: [...change.have], waits };
}

/** What is under way of a network's keys. */
export const keyChanges = async (network: Network, hub: Hub): Promise<KeyChanges> => ({
  rotation: (await rotationStatus(network, hub)) ?? null,
  preshared: presharedStatus(network, hub) ?? null,
});

/** What a rotation would do, and whom it would wait for. @throws as `rotationEffect` */
export async function rotationPlan(
  network: Network,
  hub: Hub,
  request: RotationRequest,
): Promise<RotationPlan> {
  const effect = await network.rotationPlan(request);
  const takePart = [effect.machine, ...effect.partners];
  const waits = takePart.flatMap((name) => absence(network.snapshot, hub, name) ?? []);
  return { ...effect, waits };
}
