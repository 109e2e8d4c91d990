import type { Logger } from 'pino';
import type { MonitorState, TunnelStatus } from '#api';
import { byText } from '#base';
import { Clearing } from '../clearing.ts';
import { failuresOf } from '../health/failures.ts';
import { monitorsOf } from '../health/monitors.ts';
import { judged } from '../health/tunnels.ts';
import type { Hub } from '../hub/hub.ts';
import type { Card } from '../presence/card.ts';
import type { Store } from '../store/contract.ts';
import type { NewEvent } from '../store/events.ts';
import { conditionOfTunnel } from './condition.ts';
import { begun, type Condition, followed, type Holds, type Track } from './track.ts';

/** ms after news until all is looked at, and between looks where there are none: silence is no news, but something. */
const soon = 200;
const every = 2_000;
/** Looking takes at most this share of the time. */
const share = 0.1;
/** ms that agents have to come back after the server began, before they are missed. */
const grace = 60_000;
/** How much is kept. */
const kept = { days: 400, most: 100_000 } as const;

/** How what is told of one thing follows from what was told of it before. */
interface Kind {
  readonly conditions: readonly Condition[];
  readonly holds: Holds;
}

const ofWays: Kind = {
  conditions: ['up', 'degraded', 'down'],
  holds: { first: 0, least: 1_000, most: 60_000, calm: 600_000 },
};
/**
 * ms that an end which was made anew has until it is missed. Who was up goes on with the session that the end has forgotten, and
 * shakes hands anew when that is over, with the next keepalive: 180 s after the last handshake (WireGuard paper, 6.1) and a while.
 */
const afterAnew = 240_000;
/** Agents go and come whenever they are started anew. */
const ofAgents: Kind = {
  conditions: ['away', 'back'],
  holds: { first: 0, least: 20_000, most: 120_000, calm: 600_000 },
};
/** What fails once is tried again at once; and who connects says first what it confirmed, then what is wrong with that. */
const ofMachines: Kind = {
  conditions: ['failing', 'well'],
  holds: { first: 5_000, least: 5_000, most: 120_000, calm: 600_000 },
};
const kinds = [ofWays, ofAgents, ofMachines];

/** Who never was anything else has not become so. */
const areReturns: ReadonlySet<Condition> = new Set(['back', 'well']);

const ofServices: Readonly<Record<MonitorState, Condition | undefined>> = {
  ...{ up: 'up', busy: 'up', degraded: 'degraded', down: 'down', unknown: undefined },
};

/** One thing that may be well or not, as it is now. */
interface Subject extends About {
  readonly kind: Kind;
  readonly condition: Condition | undefined;
  readonly text: string;
  /** ms that it has to be so before it is told, if that is longer than usual. */
  readonly word?: number;
}
type About = Pick<NewEvent, 'machine' | 'other' | 'service'>;

/** A tunnel is the same whichever end is told first. */
const keyOf = (kind: Kind, { machine = '', other, service = '' }: About): string => {
  const ends = other === undefined ? [machine, ''] : [machine, other].sort(byText);
  return `${kinds.indexOf(kind)} ${ends.join(' ')} ${service}`;
};

export interface WatchInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** Notices when tunnels, services and machines of a network become well or not, and stores that as events. */
export class Watch {
  readonly #hub: Hub;
  readonly #init: WatchInit;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #clearing: Clearing;
  readonly #tracks = new Map<string, Track>();
  #soon: NodeJS.Timeout | undefined;
  #notBefore = 0;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(hub: Hub, init: WatchInit) {
    this.#hub = hub;
    this.#init = init;
    hub.onNews(() => this.#note());
    hub.onTold(() => this.#note());
    this.#timer = setInterval(() => void this.look(), every).unref();
    this.#clearing = new Clearing({ ...init, what: 'old events' }, async (now) => this.#trim(now));
  }

  #note(): void {
    if (this.#isClosed) return;
    const delay = Math.max(soon, this.#notBefore - performance.now());
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.look();
    }, delay).unref();
  }

  look(): Promise<void> {
    if (this.#isClosed || performance.now() < this.#notBefore) return Promise.resolve();
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        this.#init.log.error({ err: error, network: this.#hub.network.name }, 'no event is stored');
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const began = performance.now();
    const news: Subject[] = [];
    for await (const subject of this.#subjects()) if (this.#isNews(subject)) news.push(subject);
    this.#notBefore = performance.now() + (performance.now() - began) / share;
    if (news.length > 0) await this.#put(news);
  }

  #isNews(subject: Subject): boolean {
    const key = keyOf(subject.kind, subject);
    const { word = 0 } = subject;
    const holds = { ...subject.kind.holds, word };
    const before = this.#tracks.get(key) ?? begun(undefined, holds);
    const { track, news } = followed(before, subject.condition, performance.now(), holds);
    this.#tracks.set(key, track);
    return news;
  }

  /** What another server told already, or this one before it was started anew, is told no more. */
  async #put(news: readonly Subject[]): Promise<void> {
    const { store, clock } = this.#init;
    const { name } = this.#hub.network;
    const at = clock().toISOString();
    await store.write(async (tx) => {
      const told = await Promise.all(
        kinds.map(async (kind) =>
          (await tx.lastEvents(name, kind.conditions)).map(
            (event) => [keyOf(kind, event), event.kind] as const,
          ),
        ),
      );
      const last = new Map(told.flat());
      const events = news.flatMap(({ condition, kind, word: _, ...said }): NewEvent[] => {
        const before = last.get(keyOf(kind, said));
        const isFirst = before === undefined && condition && areReturns.has(condition);
        return condition === undefined || condition === before || isFirst
          ? []
          : [{ ...said, at, kind: condition }];
      });
      if (events.length > 0) await tx.addEvents(name, events);
    });
  }

  async *#subjects(): AsyncGenerator<Subject> {
    const { network } = this.#hub;
    const { snapshot } = network;
    const now = this.#init.clock();
    for await (const status of judged(snapshot, this.#hub, await network.tunnelPairs(snapshot))) {
      if (this.#isOurs(status)) yield tunnelSubject(status);
    }
    const { monitors } = monitorsOf(snapshot, this.#hub, { now, brief: true });
    for (const { name, state, why, from } of monitors) {
      if (!this.#isHere(from)) continue;
      const text = `the service ${name} is ${state}${why === undefined ? '' : `: ${why}`}`;
      yield { kind: ofWays, service: name, condition: ofServices[state], text };
    }
    if (this.#init.store.peers.leads) yield* this.#machines();
  }

  *#machines(): Generator<Subject> {
    const isEarly = performance.now() - this.#began < grace;
    for (const { name, identity, enrolment } of this.#hub.network.snapshot.machines.values()) {
      if (enrolment !== 'enrolled') continue;
      const present = this.#hub.present(identity);
      const agent = { kind: ofAgents, machine: name } as const;
      if (present) {
        yield { ...agent, condition: 'back', text: `the agent of ${name} is back` };
        yield { kind: ofMachines, machine: name, ...wholenessOf(name, present.card) };
      } else if (!isEarly) {
        yield { ...agent, condition: 'away', text: `the agent of ${name} is away` };
      }
    }
  }

  /** Of several servers the one tells of a tunnel to which its first end by name is connected that is so at all. */
  #isOurs({ ends }: TunnelStatus): boolean {
    for (const machine of ends.map((end) => end.machine).sort(byText)) {
      const isHere = this.#isHere(machine);
      if (isHere !== undefined) return isHere;
    }
    return false;
  }

  /** Whether the agent of a machine is connected to this server and to no other; undefined: it is to none. */
  #isHere(machine: string): boolean | undefined {
    const { machines } = this.#hub.network.snapshot;
    const present = this.#hub.present(machines.get(machine)?.identity ?? '');
    return present && present.place === undefined;
  }

  async #trim(now: Date): Promise<void> {
    const before = new Date(now.getTime() - kept.days * 86_400_000).toISOString();
    const { name } = this.#hub.network;
    await this.#init.store.write(async (tx) => tx.trimEvents(name, { before, most: kept.most }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#clearing.close();
    await this.#looking;
  }
}

/** Whether a machine is all that it should be. */
function wholenessOf(name: string, card: Card): Pick<Subject, 'condition' | 'text'> {
  const failures = failuresOf(card);
  const [first, ...others] = failures ?? [];
  if (!first) {
    const text = `${name} is again all that its network says`;
    return { condition: failures && 'well', text };
  }
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const text = `${name} is not all that its network says: ${first.message} [${first.code}]${more}`;
  return { condition: 'failing', text };
}

function tunnelSubject({ state, why, wasUp, ends: [a, b] }: TunnelStatus): Subject {
  const text = `the tunnel between ${a.machine} and ${b.machine} is ${state}: ${why}`;
  return {
    ...{ kind: ofWays, machine: a.machine, other: b.machine },
    ...{ condition: conditionOfTunnel[state], text },
    ...(wasUp !== undefined && { word: afterAnew }),
  };
}
