import type { MachineStatus, MonitorStatus, NetworkStatus, TunnelStatus } from '#api';
import { pathIn } from './address.ts';
import { eventsAt } from './events.ts';
import { type Listed, leftOutIn } from './left-out.ts';
import {
  ago,
  type Mood,
  moodOfMonitor,
  moodOfTunnel,
  moods,
  readable,
  wordOfTunnel,
} from './words.ts';

/** Pages of a network with a table of all there is. */
export type Table = 'platform' | 'machines' | 'tunnels';

/** One thing that is not as it should be, as a sentence: what it is about, and what is with it. */
export interface Finding {
  readonly key: string;
  readonly mood: Exclude<Mood, 'good'>;
  readonly about: string;
  readonly says: string;
  /** What to do. */
  readonly fix?: string;
  readonly to: string;
  /** The page whose table has it, and a word by which that finds it. */
  readonly table: Table;
  readonly word: string;
  /** The page with what happened to it. */
  readonly events?: string;
}

/** What is wrong with a network, the worst first. Pure but for the clock. */
export function findingsOf(
  status: NetworkStatus,
  { tunnels, leftOut }: Listed,
  monitors: readonly MonitorStatus[],
): readonly Finding[] {
  const hasAll = leftOutIn(leftOut, isSilence) === undefined;
  const { network } = status;
  const cut = cutSites(status.machines, tunnels);
  const isCut = ({ site }: MachineStatus): boolean => site !== undefined && cut.has(site);
  const lost = new Set(status.machines.filter(isCut).map(({ name }) => name));
  const others = tunnels.filter(({ ends }) => !ends.some(({ machine }) => lost.has(machine)));
  const all = [
    ...networkFindings(status),
    ...monitors.flatMap((monitor) => monitorFinding(network, monitor)),
    ...[...cut.values()].map((site) => siteFinding(network, site, hasAll)),
    ...status.machines
      .filter((machine) => !lost.has(machine.name))
      .flatMap((machine) => [...machineFindings(network, machine)]),
    ...others.flatMap((tunnel) => tunnelFinding(network, tunnel)),
  ];
  return moods.flatMap((mood) => all.filter((one) => one.mood === mood));
}

/** Whether it is wrong, and not only untold or not there yet. */
export const isWrong = ({ mood }: Finding): boolean => mood === 'bad' || mood === 'warn';

/** What is said of a network in which nothing is wrong. */
export const wellSaid = (findings: readonly Finding[], isAllTold: boolean): string =>
  !isAllTold || findings.some(({ mood }) => mood === 'untold')
    ? 'All is well, as far as anybody tells'
    : 'All is well';

/** So many sentences of one kind are read; the tables have the others. */
const most = 12;

/** Findings that no sentence tells, and the table with them. */
interface Further {
  readonly table: Table;
  readonly count: number;
  readonly to: string;
}

/** The first of each table in turn, lest many of one hide the few of another; the others are counted. */
export function foremost(
  network: string,
  findings: readonly Finding[],
): { readonly told: readonly Finding[]; readonly further: readonly Further[] } {
  const own = Map.groupBy(findings, ({ table }) => table);
  const places = new Map([...own.values()].flatMap((some) => some.map((one, at) => [one, at])));
  const placeOf = (one: Finding): number => places.get(one) ?? 0;
  const inTurn = [...findings].sort((a, b) => placeOf(a) - placeOf(b));
  const first = new Set(inTurn.slice(0, most));
  const left = Map.groupBy(
    findings.filter((one) => !first.has(one)),
    ({ table }) => table,
  );
  const further = [...left].map(([table, some]) => {
    const has = [...new Set(own.get(table)?.map(({ word }) => word))].filter(Boolean).join('|');
    const to = `${pathIn(network, table)}?${new URLSearchParams({ has })}`;
    return { table, count: some.length, to };
  });
  return { told: findings.filter((one) => first.has(one)), further };
}

/** A site from which nothing comes any more. */
interface CutSite {
  readonly name: string;
  readonly machines: readonly MachineStatus[];
  /** That lead out of it. */
  readonly tunnels: readonly TunnelStatus[];
}

const isSilence = (state: TunnelStatus['state']): boolean =>
  state === 'stale' || moodOfTunnel[state] === 'bad';

const isSilent = ({ state }: TunnelStatus): boolean => isSilence(state);

/**
 * Sites of which no tunnel that leads out is up: that is told once, as the cause of all the rest. It is the site that is cut
 * off, and not the other end, if its machines are away, or the other end is a hub or has a tunnel that is up.
 */
function cutSites(
  machines: readonly MachineStatus[],
  tunnels: readonly TunnelStatus[],
): ReadonlyMap<string, CutSite> {
  const known = new Map(machines.map((machine) => [machine.name, machine]));
  const siteOf = (machine: string): string | undefined => known.get(machine)?.site;
  const out = new Map<string, TunnelStatus[]>();
  const firm = new Set(machines.filter(({ hub }) => hub === true).map(({ name }) => name));
  for (const tunnel of tunnels) {
    const [a, b] = tunnel.ends.map(({ machine }) => machine) as [string, string];
    if (!isSilent(tunnel)) for (const end of [a, b]) firm.add(end);
    if (siteOf(a) === siteOf(b)) continue;
    for (const site of [siteOf(a), siteOf(b)]) {
      if (site !== undefined) out.set(site, [...(out.get(site) ?? []), tunnel]);
    }
  }
  const sites = Map.groupBy(machines, ({ site }) => site);
  const cut = [...out].flatMap(([name, own]): readonly CutSite[] => {
    const joined = (sites.get(name) ?? []).filter(({ enrolment }) => enrolment === 'enrolled');
    const isDown = own.every(isSilent);
    const isAway = joined.every(({ connected }) => !connected);
    const others = own.flatMap(({ ends }) => ends.map(({ machine }) => machine));
    const isIt = isAway || others.some((other) => siteOf(other) !== name && firm.has(other));
    const isHub = joined.some(({ hub }) => hub === true);
    if (!isDown || !isIt || isHub || joined.length === 0) return [];
    return [{ name, machines: joined, tunnels: own }];
  });
  return new Map(cut.map((site) => [site.name, site]));
}

/** `hasAll`: no silent tunnel is left out, so that one knows how many there are. */
function siteFinding(
  network: string,
  { name, machines, tunnels }: CutSite,
  hasAll: boolean,
): Finding {
  const [machine, ...more] = machines;
  const [tunnel, ...further] = tunnels;
  const isAway = machines.every(({ connected }) => !connected);
  const who = more.length === 0 ? `${machine?.name} is` : `all its ${machines.length} machines are`;
  const none = `none of its ${hasAll ? `${tunnels.length} ` : ''}tunnels is up`;
  const how =
    hasAll && further.length === 0 ? `its tunnel is ${tunnel?.state}: ${tunnel?.why}` : none;
  return {
    ...{ key: `site ${name}`, mood: 'bad', about: name },
    ...{ table: 'machines', word: isAway ? 'away' : name },
    says: `is cut off: ${isAway ? `${who} away, and ` : ''}${how}`,
    to: `${pathIn(network, 'machines')}?${new URLSearchParams({ has: name })}`,
    ...(machine && more.length === 0 && { events: eventsAt(network, { machine: machine.name }) }),
  };
}

function* networkFindings(status: NetworkStatus): Iterable<Finding> {
  const { network, held, takenBack, frozen } = status;
  const common = { to: pathIn(network, 'machines'), table: 'machines', word: '' } as const;
  if (takenBack) {
    const says = `was taken back: ${takenBack.why}`;
    yield { key: 'taken', mood: 'bad', about: 'The last change', says, ...common };
  }
  if (held) {
    const { number } = held.id;
    const says = `by ${held.author} waits for approval${held.why === '' ? '' : `: ${held.why}`}`;
    const fix = `\`hawser approve ${number}\` lets it go, \`hawser reject ${number}\` does not`;
    yield { key: 'held', mood: 'warn', about: `Revision ${number}`, says, fix, ...common };
  }
  if (frozen) {
    const says = 'is frozen: no machine is changed';
    const fix = '`hawser thaw` ends that';
    yield { key: 'frozen', mood: 'warn', about: 'The network', says, fix, ...common };
  }
}

/** Notes that other sentences tell already. */
const isTold = (note: string): boolean => /^(frozen|held|behind)/.test(note);

/** A note that tells in a word what was done with a machine as a sentence. */
const sentenceOf = (note: string): string => {
  if (note === 'revoked') return 'is suspended';
  return readable(note.replace(/^expired\b/, 'is cut off: its time was over'));
};

function* machineFindings(network: string, machine: MachineStatus): Iterable<Finding> {
  const { name, enrolment, connected, lastSeen, confirmed, wanted, notes, failures } = machine;
  const common = {
    ...{ about: name, to: pathIn(network, 'machines', name) },
    events: eventsAt(network, { machine: name }),
    table: 'machines',
  } as const;
  const key = (what: string): string => `${name} ${what}`;
  if (enrolment === 'enrolled' && !connected) {
    const says = lastSeen === undefined ? 'is away' : `is away, seen ${ago(lastSeen)}`;
    yield { key: key('away'), mood: 'bad', ...common, says, word: 'away' };
  }
  for (const { message, fix, code } of failures) {
    yield { key: key(code), mood: 'bad', ...common, says: `failed: ${message}`, fix, word: code };
  }
  for (const { message, fix, code, severity } of machine.warnings ?? []) {
    const mood = severity === 'error' ? 'bad' : 'warn';
    yield {
      key: key(`${code} ${message}`),
      mood,
      ...common,
      says: `tells: ${message}`,
      fix,
      word: name,
    };
  }
  if (enrolment === 'pending') {
    const fix = `\`hawser approve ${name}\` lets it in`;
    yield {
      key: key('pending'),
      mood: 'warn',
      ...common,
      says: 'waits for approval',
      fix,
      word: 'approval',
    };
  }
  if (connected && confirmed !== wanted && wanted !== undefined) {
    const says = `has revision ${confirmed ?? 'none'}, should have ${wanted}`;
    yield { key: key('behind'), mood: 'warn', ...common, says, word: 'behind' };
  }
  for (const note of notes.filter((one) => !isTold(one))) {
    const mood = /^(clone|quarantined)/.test(note) ? 'bad' : 'warn';
    yield {
      key: key(note),
      mood,
      ...common,
      says: sentenceOf(note),
      word: /^\S+?(?=:|\s|$)/.exec(note)?.[0] ?? '',
    };
  }
  if (enrolment === 'file') {
    yield { key: key('file'), mood: 'idle', ...common, says: 'has not joined', word: 'joined' };
  }
}

function tunnelFinding(network: string, { state, why, ends: [a, b] }: TunnelStatus): Finding[] {
  const mood = moodOfTunnel[state];
  if (mood === 'good') return [];
  const about = `${a.machine} – ${b.machine}`;
  const to = pathIn(network, 'tunnels', a.machine, b.machine);
  const events = eventsAt(network, { machine: a.machine, other: b.machine });
  const says = `is ${wordOfTunnel(state)}: ${readable(why)}`;
  const table = { table: 'tunnels', word: state } as const;
  return [{ key: `tunnel ${about}`, mood, about, says, to, events, ...table }];
}

function monitorFinding(network: string, { name, state, why = '' }: MonitorStatus): Finding[] {
  const mood = moodOfMonitor[state];
  if (mood === 'good') return [];
  const says = `is ${state}${why === '' ? '' : `: ${why}`}`;
  const to = pathIn(network, 'platform', name);
  const events = eventsAt(network, { search: name });
  const table = { table: 'platform', word: state } as const;
  return [{ key: `monitor ${name}`, mood, about: name, says, to, events, ...table }];
}
