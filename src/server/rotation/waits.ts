import type { Awaited } from '#api';
import type { RotationPhase, RotationPort } from '#compile';
import type { Hub } from '../hub/hub.ts';
import type { Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';

const leaveBehind = '`hawser rotate --finish` goes on without it';

/** Why a machine cannot take part in anything now; undefined: nothing is known to be wrong. */
export function absence(
  { stored, machines }: Snapshot,
  hub: Hub,
  machine: string,
): Awaited | undefined {
  const record = machines.get(machine);
  if (record?.enrolment !== 'enrolled') {
    const fix = `Join it (\`hawser token create --join\`); ${leaveBehind}.`;
    return { machine, why: 'it has not joined', fix };
  }
  const card = hub.present(record.identity)?.card;
  if (!card) return { machine, why: 'it is away', fix: `Start its agent; ${leaveBehind}.` };
  if (stored.frozen)
    return { machine, why: 'the network is frozen', fix: 'Thaw it: `hawser thaw`.' };
  if (card.paused !== undefined) {
    const why = `it is paused until ${card.paused}`;
    return { machine, why, fix: `On ${machine} itself: \`hawser agent resume\`.` };
  }
  const [lack] = card.lacks;
  if (lack === undefined) return undefined;
  const why = `its agent is too old for ${lack}`;
  return { machine, why, fix: `Upgrade it; ${leaveBehind}.` };
}

/** Phases that somebody may hold up whom a firewall keeps out. */
const byHandshake: readonly RotationPhase[] = ['detour', 'prove', 'undo'];

const staleFile = (machine: string, rotating: string): Awaited => ({
  machine,
  why: `it has a file with the old key of ${rotating}`,
  fix: `\`hawser export ${machine} --key-from OLD-FILE\` writes its new one; \`hawser rotate --drop ${machine}\` goes on without it.`,
});

/** Of whom a rotation still waits, and why, sorted by name. */
export async function waitsOf(network: Network, hub: Hub): Promise<readonly Awaited[]> {
  const { snapshot } = network;
  const { turn } = snapshot;
  if (!turn) return [];
  const { rotation, awaited } = turn;
  const late = awaited.filter((name) => !rotation.reached.includes(name));
  const partners = late.filter((name) => name !== rotation.machine);
  if (rotation.phase === 'files') return late.map((name) => staleFile(name, rotation.machine));
  const ports = byHandshake.includes(rotation.phase)
    ? await network.rotationPorts(partners)
    : undefined;
  return late.map(
    (name) => absence(snapshot, hub, name) ?? trouble(snapshot, hub, name, ports?.get(name) ?? []),
  );
}

/** Why a machine that is there has not done what it was told. */
export function unconfirmed({ machines }: Snapshot, hub: Hub, machine: string): Awaited {
  const card = hub.present(machines.get(machine)?.identity ?? '')?.card;
  const [failure] = card?.failures ?? [];
  if (failure) return { machine, why: failure.message, fix: failure.fix };
  if (card?.isQuarantined) {
    const why = 'it took the change back, since that cut it off from the server';
    return { machine, why, fix: `Let it try again: \`hawser retry ${machine}\`.` };
  }
  const fix = 'It takes a second or two; look again.';
  return { machine, why: 'it has not confirmed it yet', fix };
}

/** Why a machine that is there has not reached the phase. */
function trouble(
  snapshot: Snapshot,
  hub: Hub,
  machine: string,
  ports: readonly RotationPort[],
): Awaited {
  const identity = snapshot.machines.get(machine)?.identity ?? '';
  const isConfirmed = hub.present(identity)?.card.isConfirmed ?? false;
  if (ports.length === 0 || !isConfirmed) return unconfirmed(snapshot, hub, machine);
  const rotating = snapshot.turn?.rotation.machine ?? '';
  const doors = ports.map((one) => `UDP ${one.port} of ${one.machine} (${one.endpoint})`);
  const why = `no handshake with ${rotating} by ${doors.join(' or ')}`;
  const fix = `Open that port in the firewalls before it; or give it up (\`hawser rotate --abort\`) and change the key in place (\`hawser rotate ${rotating} --now\`).`;
  return { machine, why, fix };
}
