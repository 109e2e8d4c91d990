import type { Awaited, KeyChanges, PresharedStatus, RotationPlan, RotationStatus } from '#api';
import { paint } from '../../output.ts';
import { fromNow } from '../../times.ts';

/** What happens in each phase (`RotationPhase` of `#compile`). */
const phases: Readonly<Record<string, string>> = {
  prepare: 'a second tunnel is made beside the first',
  detour: 'the second tunnel is proven by handshakes',
  moved: 'packets change over to the second tunnel',
  rekey: 'the first tunnel gets its new key',
  prove: 'the new key is proven by handshakes',
  back: 'packets return to the first tunnel',
  linger: 'the second tunnel stays for a while, for whoever still uses it',
  files: 'the old key stays for those who have it in a file, until they have another',
  undo: 'given up: the old key is proven once more',
  return: 'given up: packets return to the first tunnel',
  now: 'the key is changed in place',
};

export const phaseText = (phase: string): string => phases[phase] ?? phase;

const named = (names: readonly string[]): string =>
  names.length > 0 ? names.join(', ') : 'nobody';

/** Who is left behind by `--finish` or `--drop`, for people. */
export const leftBehindText = (without: readonly string[]): string =>
  without.length > 0 ? `it goes on without ${named(without)}` : 'nobody holds it up';

/** Who holds something up, why, and what helps. */
export const waitText = ({ machine, why, fix }: Awaited): string =>
  `${paint('yellow', `${machine}: ${why}`)}\n    ${fix}`;

/** What changing a key would do, for people. */
export function rotationPlanText(plan: RotationPlan): string {
  const { machine, impact, partners, ports, stale, waits } = plan;
  const way =
    impact === 'session'
      ? `${machine} gets another key in place: its sessions begin anew (impact: session)`
      : `${machine} gets another key (impact: none); with it a second tunnel make: ${named(partners)}`;
  return [
    way,
    ...ports.map(
      ({ machine: at, port, endpoint, stays }) =>
        `UDP ${port} of ${at} has to be open${stays ? ' from now on' : ''}: ${endpoint}`,
    ),
    ...(stale.length > 0 ? [`files that go stale: ${stale.join(', ')}${staleText(plan)}`] : []),
    ...(waits.length > 0 ? ['It would wait for:', ...waits.map(waitText)] : []),
  ].join('\n');
}

const staleText = ({ impact }: RotationPlan): string =>
  impact === 'session'
    ? ' (they stop working at once: `hawser export NAME --key-from OLD-FILE` writes new ones)'
    : ' (they work until each has another, or is dropped)';

/** How far a change of key is, for people. */
function rotationText(status: RotationStatus): string {
  const { machine, phase, since, machines, reached, without, waits, ends } = status;
  const left = without.length > 0 ? `, without ${without.join(', ')}` : '';
  return [
    `${machine}: ${phase} (${phaseText(phase)}), since ${fromNow(since)}`,
    ends === undefined
      ? `${reached.length} of ${machines.length} are there${left}`
      : `it is done${left}; the second tunnel goes ${fromNow(ends)}`,
    ...(waits.length > 0 ? ['It waits for:', ...waits.map(waitText)] : []),
  ].join('\n');
}

/** How far it is with newer preshared keys, for people. */
export const presharedText = ({ from, to, have, waits }: PresharedStatus): string =>
  [
    `preshared keys: ${have.length} of ${have.length + waits.length} machines have version ${to}; pairs without use version ${from}`,
    ...(waits.length > 0 ? ['It waits for:', ...waits.map(waitText)] : []),
  ].join('\n');

/** What is under way of a network's keys, for people. */
export const keyChangesText = ({ rotation, preshared }: KeyChanges): string =>
  [
    ...(rotation ? [rotationText(rotation)] : []),
    ...(preshared ? [presharedText(preshared)] : []),
  ].join('\n') || 'no key is being changed';
