import { parse } from 'yaml';
import type { NetworkStatus } from '#api';
import { until } from '../support/until.ts';
import { addressesOf, evidence, inWords } from './evidence.ts';
import { addressIn, deviceOf, type Fleet, tableOf } from './fleet.ts';
import {
  everybody,
  type Flow,
  fate,
  flows,
  isGateway,
  isInTouch,
  isMember,
  type Model,
  nameOf,
  ports,
  type Who,
  yamlOf,
} from './model.ts';
import type { Connection, Seen } from './prober.ts';

/** ms: an agent finds out that its connection is dead within half a minute, and returns. */
const settles = 60_000;
/**
 * ms within which a flow that has to pass must. Two wireguard-go that call each other in the same milliseconds
 * may answer the two calls at once and mix them up: both begin again 5 s later, again together; or one of them is
 * deaf and finds out when it heard nothing for 15 s after it sent something (its keepalives tell the other that
 * all is well). 20 s were seen, and may come twice.
 */
const passesWithin = 45_000;
/** ms within which a flow that must not pass would. */
const failsAfter = 400;

/** Holds the real thing against the model, after each move. */
export class Verifier {
  readonly #fleet: Fleet;
  readonly #seen = new Map<Who, Seen>();
  /** Addresses in the network, by machine and its life. */
  readonly #addresses = new Map<string, string>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async verify(before: Model, model: Model): Promise<void> {
    await this.#settle(model);
    await this.#compareFile(model);
    await this.#look(before, model);
    await this.#probe(model);
  }

  /** Everybody who hears the server is what the file says, and has confirmed it. */
  async #settle(model: Model): Promise<void> {
    const inTouch = everybody.filter((who) => isInTouch(model, who));
    const { file } = model.memory;
    let why: readonly string[] = [];
    const isSettled = async (): Promise<boolean> => {
      const status = inTouch.length > 0 ? await this.#fleet.status() : undefined;
      why = status ? inTouch.flatMap((who) => unsettled(status, who, nameOf(who, file))) : [];
      if (status) this.#note(status, model);
      return why.length === 0 && (await this.#haveGone(model));
    };
    await until('all who hear the server are settled', isSettled, settles, 40).catch(
      (cause: unknown) => {
        throw new Error(`not settled: ${why.join(', ')}`, { cause });
      },
    );
  }

  /** Who is in no network has no device. */
  async #haveGone(model: Model): Promise<boolean> {
    const gone = everybody.filter((who) => isMember(model.machines[who]) === false);
    const seen = await Promise.all(gone.map((who) => this.#see(who)));
    return seen.every(({ index }) => index === undefined);
  }

  #see(who: Who): Promise<Seen> {
    const { network, probes } = this.#fleet;
    return probes[who].look(deviceOf(network), tableOf(network));
  }

  #note({ machines }: NetworkStatus, { memory }: Model): void {
    for (const who of everybody) {
      const name = nameOf(who, memory.file);
      const address = machines.find((one) => one.name === name)?.overlay[0];
      if (address) this.#addresses.set(lifeOf(who, memory.file), address);
    }
  }

  /** What the server has stored is what the model says, whoever wrote it. */
  async #compareFile({ server, memory }: Model): Promise<void> {
    if (server === 'dead') return;
    const stored = contentOf(await this.#fleet.stored());
    const expected = contentOf(yamlOf(memory.file, this.#fleet.network));
    if (stored !== expected) throw new Error(`the stored file says\n${stored}\nnot\n${expected}`);
  }

  /** No device is another one, and no counter fell, where a machine was in the network all the time. */
  async #look(before: Model, model: Model): Promise<void> {
    for (const who of everybody) {
      const seen = await this.#see(who);
      const last = this.#seen.get(who);
      this.#seen.set(who, seen);
      if (isMember(model.machines[who]) !== true) continue;
      if (seen.index === undefined) throw new Error(`${who} has no device`);
      if (!last || isMember(before.machines[who]) !== true) continue;
      if (seen.index !== last.index) throw new Error(`the device of ${who} was made anew`);
      for (const [name, packets] of Object.entries(last.counters)) {
        const now = seen.counters[name] ?? packets;
        if (now < packets)
          throw new Error(`${who}: counter ${name} fell from ${packets} to ${now}`);
      }
      for (const [key, bytes] of Object.entries(last.transfer)) {
        const now = seen.transfer[key] ?? bytes;
        if (now[0] < bytes[0] || now[1] < bytes[1]) {
          throw new Error(`${who}: the peer ${key} was made anew: ${bytes} bytes became ${now}`);
        }
      }
    }
  }

  async #probe(model: Model): Promise<void> {
    const all = flows().filter((flow) => this.#target(model, flow) !== undefined);
    const by = (wanted: string) => all.filter((flow) => fate(model, flow) === wanted);
    let open: readonly Flow[] = by('passes');
    await until(
      'what is allowed passes',
      async () => {
        open = await this.#lost(model, open, 1200);
        return open.length === 0;
      },
      passesWithin,
    ).catch(async () => {
      const targets = new Set(open.flatMap((flow) => this.#target(model, flow) ?? []));
      throw new Error(
        `do not pass: ${open.map(describe).join(', ')}\n${await evidence(this.#fleet, [...targets])}`,
      );
    });
    await this.#refuse(model, by('fails'));
  }

  async #refuse(model: Model, some: readonly Flow[]): Promise<void> {
    const made = await this.#connect(model, some, failsAfter);
    if (made.size === 0) return;
    const again = await this.#connect(model, [...made.keys()], failsAfter);
    const told = [...made].map(([flow, connection]) => {
      const next = again.get(flow);
      const after = next ? `again ${inWords(next)}` : 'and then no more';
      return `${describe(flow)}: ${inWords(connection)}, ${after}`;
    });
    const ends = new Set([...made.values()].flatMap(addressesOf));
    throw new Error(`pass: ${told.join('\n')}\n${await evidence(this.#fleet, [...ends])}`);
  }

  /** Those of some flows that do not pass now, or come to somebody else. */
  async #lost(model: Model, some: readonly Flow[], ms: number): Promise<readonly Flow[]> {
    const made = await this.#connect(model, some, ms);
    return some.filter((flow) => made.get(flow)?.by !== flow.to);
  }

  /** The connections that come about, each tried once. */
  async #connect(
    model: Model,
    some: readonly Flow[],
    ms: number,
  ): Promise<ReadonlyMap<Flow, Connection>> {
    const senders = [...Map.groupBy(some, ({ from }) => from)];
    const made = await Promise.all(
      senders.map(async ([from, own]) => {
        const targets = own.map((flow) => ({
          address: this.#target(model, flow) ?? '',
          port: ports[flow.port],
        }));
        const answers = await this.#fleet.probes[from].reach(targets, ms);
        return own.flatMap((flow, index) => {
          const { [index]: connection } = answers;
          return connection ? [[flow, connection] as const] : [];
        });
      }),
    );
    return new Map(made.flat());
  }

  #target(model: Model, { to, subnet }: Flow): string | undefined {
    if (subnet !== undefined) return addressIn(subnet);
    const files = [model.machines[to].holds, model.memory.file];
    return files.flatMap((file) => (file && this.#addresses.get(lifeOf(to, file))) ?? [])[0];
  }
}

const lifeOf = (who: Who, file: Model['memory']['file']): string =>
  isGateway(who) ? who : `${who} ${file.members[who]?.life}`;

const describe = ({ from, to, port, subnet }: Flow): string =>
  `${from} -> ${to}${subnet === undefined ? '' : ` at ${subnet}`} ${port}`;

/** In what a machine is not yet what the server wants. */
function unsettled({ machines }: NetworkStatus, who: Who, name: string | undefined): string[] {
  if (name === undefined) return [];
  const one = machines.find((machine) => machine.name === name);
  if (!one) return [`${who} is not known as ${name}`];
  return [
    ...(one.connected ? [] : [`${name} is not connected`]),
    ...(one.confirmed === one.wanted ? [] : [`${name} has ${one.confirmed} of ${one.wanted}`]),
    ...one.notes.map((note) => `${name}: ${note}`),
    ...one.failures.map(({ message }) => `${name}: ${message}`),
  ];
}

/** What a file says, however it is written. */
function contentOf(text: string): string {
  const { members, ...rest } = parse(text) as { readonly members: unknown };
  return JSON.stringify(sorted({ ...rest, members: members ?? {} }), null, 1);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
