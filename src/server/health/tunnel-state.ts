import type { BehindSamples, PeerSample, TunnelState } from '#api';
import { forwardingOf, silentBehind } from './forwarding-state.ts';
import { milliseconds, worstOf } from './probe-state.ts';

/** What speaks for a tunnel at one of its ends. */
export interface EndEvidence {
  readonly machine: string;
  /** Whether the network knows its key: without, it has not joined. */
  readonly hasKey: boolean;
  /** Until when a link is good by which its holder gives it a key, RFC 3339. */
  readonly invited?: string;
  /** Whether its agent is connected to a server. */
  readonly isPresent: boolean;
  /** Whether the agent there answers probes now. */
  readonly answersProbes: boolean;
  /** What its agent tells; absent: nothing, or not of this tunnel. */
  readonly sample?: PeerSample;
  /** What is asked behind it; absent: nothing lies there. */
  readonly behind?: BehindSamples;
  /** Its identity is used at two places. */
  readonly isCloned: boolean;
  /** What of this tunnel there is not as it should be, and is not put back. */
  readonly differs?: string;
  /** No agent is to run there: what the other end says is all that will ever be known. */
  readonly isUnmanaged?: boolean;
  /** Seconds between the keepalives that it sends; 0: none. */
  readonly keepalive: number;
}

export interface Judgement {
  readonly state: TunnelState;
  readonly why: string;
  /** When it was up last, where nothing else speaks for it: whoever tells has had no handshake since it was made anew. RFC 3339. */
  readonly wasUp?: string;
}

/** Seconds after which a session ends unless it is renewed: REJECT_AFTER_TIME (WireGuard paper, 6.1). */
const sessionEnds = 180;

/**
 * Seconds of silence after which an end hears nothing any more. Where the other end keeps the tunnel alive, two
 * of its keepalives have not come; where only this one does, the answers to its handshakes.
 */
function patienceOf(end: EndEvidence, other: EndEvidence): number {
  if (other.keepalive > 0) return Math.max(60, 2 * other.keepalive + 10);
  return end.keepalive > 0 ? sessionEnds : Number.POSITIVE_INFINITY;
}

const isHeard = (end: EndEvidence, other: EndEvidence): boolean =>
  end.sample?.heard !== undefined && end.sample.heard <= patienceOf(end, other);

/** Seconds within which an end has looked again. */
const looked = 15;

/** Bytes come without a session that they could belong to: handshakes that begin, and are not completed. */
function onlyBegins(end: EndEvidence, other: EndEvidence): boolean {
  const { handshake = Number.POSITIVE_INFINITY, heard = 0 } = end.sample ?? {};
  return isHeard(end, other) && handshake - heard > sessionEnds + looked;
}

const hears = (end: EndEvidence, other: EndEvidence): boolean =>
  isHeard(end, other) && !onlyBegins(end, other);

type Ends = readonly [EndEvidence, EndEvidence];

/**
 * What a tunnel is, by all that is known of both its ends. `wasUp`: when they shook hands last, as far as anybody remembers:
 * a device that was made anew does not. Pure.
 */
export function judge([a, b]: Ends, wasUp?: Date): Judgement {
  const pairs = [
    [a, b],
    [b, a],
  ] as const;
  const cloned = [a, b].find(({ isCloned }) => isCloned);
  if (cloned) {
    const why = `the identity of ${cloned.machine} is used at two places`;
    return { state: 'misconfigured', why };
  }
  const differing = [a, b].find(({ differs }) => differs !== undefined);
  if (differing) {
    const why = `${differing.machine} is not as it should be, and nothing may be changed there now: ${differing.differs}`;
    return { state: 'misconfigured', why };
  }
  const guest = [a, b].find(({ hasKey, invited }) => !hasKey && invited !== undefined);
  if (guest) {
    const why = `${guest.machine} is invited until ${guest.invited}, and has no key yet`;
    return { state: 'invited', why };
  }
  const outside = [a, b].filter(({ hasKey }) => !hasKey).map(({ machine }) => machine);
  if (outside.length > 0) {
    const have = outside.length > 1 ? 'have' : 'has';
    return { state: 'never', why: `${outside.join(' and ')} ${have} not joined` };
  }
  const telling = pairs.filter(([end]) => end.sample !== undefined);
  const [first, second] = telling;
  if (!first) return { state: 'unknown', why: silence([a, b]) };
  const hearing = telling.filter(([end, other]) => hears(end, other));
  if (hearing.length === telling.length) {
    const why = evidenceOf(first) + silentBehind(telling);
    return worstOf(telling) ?? forwardingOf(telling) ?? { state: 'up', why };
  }
  const begun = telling.find(([end, other]) => onlyBegins(end, other));
  const isKnown = wasUp !== undefined || telling.some(([end]) => hasShaken(end));
  const said = begun && hearing.length === 0 ? begunWith(begun, isKnown) : undefined;
  if (said) return said;
  if (second && hearing[0]) {
    const [end, other] = hearing[0];
    return {
      state: 'degraded',
      why: `${end.machine} hears ${other.machine}, but not the other way`,
    };
  }
  return second ? silentAtBoth(first, wasUp) : silentAtOne(first, wasUp);
}

/** Bytes of the message that begins a handshake (WireGuard paper, 5.4.2), which is sent again after 5 s. */
const initiation = 148;
/** So many begin before it is said that none will be completed: some get lost, and ends come one after the other. */
const patience = { heard: 4, sent: 12 } as const;

/** The public keys are right, or nobody would know who begins. undefined: it is too early, of a tunnel that was up once. */
function begunWith([{ machine, sample }, other]: Ends, isKnown: boolean): Judgement | undefined {
  const { handshake, rx = 0 } = sample ?? {};
  const isNew = handshake === undefined && rx < patience.heard * initiation;
  if (isNew && isKnown) return undefined;
  const why = `${other.machine} begins handshakes with ${machine}, and none is completed: it has another preshared key, or what ${machine} answers does not reach it`;
  return { state: isNew ? 'never' : 'misconfigured', why };
}

const silence = ([a, b]: Ends): string => `neither ${a.machine} nor ${b.machine} tells anything`;

function evidenceOf([{ machine, sample }, other]: Ends): string {
  const { heard = 0, handshake } = sample ?? { heard: 0 };
  const shaken = handshake === undefined ? '' : `, handshake ${seconds(handshake)} ago`;
  const took = sample?.probe?.rtt;
  const answer = took === undefined ? '' : `, answer after ${milliseconds(took)}`;
  return `${machine} heard ${other.machine} ${seconds(heard)} ago${shaken}${answer}`;
}

const hasShaken = ({ sample }: EndEvidence): boolean => sample?.handshake !== undefined;

/** How long nothing has come, or that nothing ever did. */
function silenceOf([{ machine, sample }, other]: Ends): string {
  const { heard } = sample ?? {};
  if (heard === undefined) return `${machine} has never heard ${other.machine}`;
  return `${machine} has heard nothing of ${other.machine} for ${seconds(heard)}`;
}

/** That it was otherwise before an end was made anew. */
const silenceSince = ([{ machine }, other]: Ends, wasUp: Date): string =>
  `${machine} has had no handshake with ${other.machine} since its end was made anew (the tunnel was up on ${dayAndTime(wasUp)})`;

function silentAtBoth(ends: Ends, wasUp: Date | undefined): Judgement {
  const [end, other] = ends;
  const told = hasShaken(end) ? ends : ([other, end] as const);
  if (hasShaken(told[0])) {
    return { state: 'down', why: `${silenceOf(told)}, and neither the other way` };
  }
  const vain = calledInVain(ends, wasUp);
  if (vain) return vain;
  if (!wasUp) return { state: 'never', why: 'there was no handshake yet' };
  const why = `${silenceSince(ends, wasUp)}, and neither the other way`;
  return { state: 'down', why, wasUp: wasUp.toISOString() };
}

/** Both run, and what one sends to begin a handshake does not arrive: neither it nor an answer. */
function calledInVain(ends: Ends, wasUp: Date | undefined): Judgement | undefined {
  const calls = ends.find(({ sample }) => (sample?.tx ?? 0) >= patience.sent * initiation);
  const other = ends.find((end) => end !== calls);
  if (!calls || !other) return undefined;
  const before = wasUp
    ? `there was none since the tunnel was made anew (it was up on ${dayAndTime(wasUp)})`
    : 'there never was one';
  return {
    state: 'down',
    why: `${calls.machine} begins handshakes with ${other.machine} in vain, and ${before}: its UDP does not arrive there`,
  };
}

/** Where the other machine is away as well, there are two witnesses. */
function silentAtOne(ends: Ends, wasUp: Date | undefined): Judgement {
  const [end] = ends;
  if (hasShaken(end)) return silentTowards(ends, silenceOf(ends));
  if (!wasUp) return { state: 'never', why: silenceOf(ends) };
  return { ...silentTowards(ends, silenceSince(ends, wasUp)), wasUp: wasUp.toISOString() };
}

function silentTowards([end, other]: Ends, silent: string): Judgement {
  if (!Number.isFinite(patienceOf(end, other))) {
    return { state: 'unknown', why: `${silent}, and nothing keeps the tunnel alive` };
  }
  if (other.isUnmanaged) {
    const why = `${silent}, and no agent runs there to tell more: it may just be off`;
    return { state: 'stale', why };
  }
  return { state: 'down', why: `${silent}, and ${other.machine} ${absenceOf(other)}` };
}

const absenceOf = ({ isPresent }: EndEvidence): string =>
  isPresent ? 'tells nothing of it' : 'is away from its server';

const seconds = (count: number): string => {
  if (count < 120) return `${count} s`;
  if (count < 7200) return `${Math.round(count / 60)} min`;
  return count < 172_800 ? `${Math.round(count / 3600)} h` : `${Math.round(count / 86_400)} days`;
};

/** For people, who may be anywhere: `2026-11-27 at 13:05 UTC`. */
function dayAndTime(date: Date): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  return `${day} at ${time.slice(0, 5)} UTC`;
}
