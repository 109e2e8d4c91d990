import type { MachineStatus, MonitorStatus, NetworkStatus, TunnelStatus } from '#api';
import { pathIn } from '../route.ts';
import { eventsAt } from './events.ts';
import { ago, type Mood, moodOfMonitor, moodOfTunnel } from './words.ts';

/** One thing that is not as it should be, as a sentence: what it is about, and what is with it. */
export interface Finding {
  readonly key: string;
  readonly mood: Exclude<Mood, 'good'>;
  readonly about: string;
  readonly says: string;
  /** What to do. */
  readonly fix?: string;
  readonly to: string;
  /** The page with what happened to it. */
  readonly events?: string;
}

/** What is wrong with a network, the worst first. Pure but for the clock. */
export function findingsOf(
  status: NetworkStatus,
  tunnels: readonly TunnelStatus[],
  monitors: readonly MonitorStatus[],
): readonly Finding[] {
  const { network } = status;
  const all = [
    ...networkFindings(status),
    ...status.machines.flatMap((machine) => [...machineFindings(network, machine)]),
    ...tunnels.flatMap((tunnel) => tunnelFinding(network, tunnel)),
    ...monitors.flatMap((monitor) => monitorFinding(network, monitor)),
  ];
  const order = ['bad', 'warn', 'idle'] as const;
  return order.flatMap((mood) => all.filter((one) => one.mood === mood));
}

function* networkFindings(status: NetworkStatus): Iterable<Finding> {
  const { network, held, takenBack, frozen } = status;
  const to = pathIn(network, 'machines');
  if (takenBack) {
    const says = `was taken back: ${takenBack.why}`;
    yield { key: 'taken', mood: 'bad', about: 'The last change', says, to };
  }
  if (held) {
    const { number } = held.id;
    const says = `by ${held.author} waits for approval${held.why === '' ? '' : `: ${held.why}`}`;
    const fix = `\`hawser approve ${number}\` lets it go, \`hawser reject ${number}\` does not`;
    yield { key: 'held', mood: 'warn', about: `Revision ${number}`, says, fix, to };
  }
  if (frozen) {
    const says = 'is frozen: no machine is changed';
    const fix = '`hawser thaw` ends that';
    yield { key: 'frozen', mood: 'warn', about: 'The network', says, fix, to };
  }
}

/** Notes that other sentences tell already. */
const isTold = (note: string): boolean => /^(frozen|held|behind)/.test(note);

function* machineFindings(network: string, machine: MachineStatus): Iterable<Finding> {
  const { name, enrolment, connected, lastSeen, confirmed, wanted, notes, failures } = machine;
  const common = {
    ...{ about: name, to: pathIn(network, 'machines', name) },
    events: eventsAt(network, { machine: name }),
  };
  const key = (what: string): string => `${name} ${what}`;
  if (enrolment === 'enrolled' && !connected) {
    const says = lastSeen === undefined ? 'is away' : `is away, seen ${ago(lastSeen)}`;
    yield { key: key('away'), mood: 'bad', ...common, says };
  }
  for (const { message, fix, code } of failures) {
    yield { key: key(code), mood: 'bad', ...common, says: `failed: ${message}`, fix };
  }
  if (enrolment === 'pending') {
    const fix = `\`hawser approve ${name}\` lets it in`;
    yield { key: key('pending'), mood: 'warn', ...common, says: 'waits for approval', fix };
  }
  if (connected && confirmed !== wanted && wanted !== undefined) {
    const says = `has revision ${confirmed ?? 'none'}, should have ${wanted}`;
    yield { key: key('behind'), mood: 'warn', ...common, says };
  }
  for (const note of notes.filter((one) => !isTold(one))) {
    const mood = /^(clone|quarantined|expired|revoked)/.test(note) ? 'bad' : 'warn';
    yield { key: key(note), mood, ...common, says: note };
  }
  if (enrolment === 'file') {
    yield { key: key('file'), mood: 'idle', ...common, says: 'has not joined' };
  }
}

function tunnelFinding(network: string, { state, why, ends: [a, b] }: TunnelStatus): Finding[] {
  const mood = moodOfTunnel[state];
  if (mood === 'good') return [];
  const about = `${a.machine} – ${b.machine}`;
  const to = pathIn(network, 'tunnels', a.machine, b.machine);
  const events = eventsAt(network, { machine: a.machine, search: b.machine });
  return [{ key: `tunnel ${about}`, mood, about, says: `is ${wordOf(state)}: ${why}`, to, events }];
}

const wordOf = (state: TunnelStatus['state']): string => (state === 'never' ? 'not up yet' : state);

function monitorFinding(network: string, { name, state, why = '' }: MonitorStatus): Finding[] {
  const mood = moodOfMonitor[state];
  if (mood === 'good') return [];
  const says = `is ${state}${why === '' ? '' : `: ${why}`}`;
  const to = pathIn(network, 'platform', name);
  const events = eventsAt(network, { search: name });
  return [{ key: `monitor ${name}`, mood, about: name, says, to, events }];
}
