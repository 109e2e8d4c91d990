import type { Logger } from 'pino';
import { historyStep, longStep, type TunnelHistory, type TunnelSeries } from '#api';
import { byText } from '#base';
import { Clearing } from '../clearing.ts';
import type { Store, Transaction } from '../store/contract.ts';
import { chunkLength, packChunk, type Step, unpackChunk } from './chunk.ts';
import { columns, longOf, longPoint, merged, type Point, type Points, pointsOf } from './points.ts';
import { Total } from './throughput.ts';

/** ms between writes. */
const flushEvery = 60_000;
/** So many tunnels are written in one transaction. */
const atOnce = 50;
/** Chunks that are kept: hours of the short steps, days of the long ones. */
const kept = { [historyStep]: 25, [longStep]: 91 } as const;
/** Points of an answer, at most: all that is kept of long steps. */
const longest = kept[longStep] * chunkLength[longStep];

export interface RecorderInit {
  readonly store: Store;
  readonly clock: () => Date;
  readonly log: Logger;
}

interface Pending {
  readonly a: string;
  readonly b: string;
  readonly points: Map<number, Point>;
}

type Names = Pick<ReadonlyMap<string, unknown>, 'has'>;

/** The machines that a network has, and those of them that joined. */
export interface Known {
  readonly names: Names;
  readonly machines: Names;
}

export interface Range {
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly step: Step | undefined;
}

/** Keeps how the tunnels of a network went: gathers what both ends say, and writes it once a minute. */
export class Recorder {
  readonly #network: string;
  readonly #init: RecorderInit;
  readonly #pending = new Map<string, Pending>();
  /** Of all tunnels. */
  readonly total = new Total();
  readonly #timer: NodeJS.Timeout;
  readonly #clearing: Clearing;
  #writing: Promise<void> = Promise.resolve();

  constructor(network: string, init: RecorderInit) {
    this.#network = network;
    this.#init = init;
    this.#timer = setInterval(() => void this.flush(), flushEvery).unref();
    this.#clearing = new Clearing({ ...init, what: 'old history' }, async (now) => this.#trim(now));
  }

  /** A machine says how its tunnels went; `known`: of whom it may speak, and who speaks for himself. */
  hear(machine: string, said: Readonly<Record<string, TunnelSeries>>, known: Known): void {
    const now = this.#init.clock().getTime() / 1000;
    for (const [peer, series] of Object.entries(said)) {
      if (peer === machine || !known.names.has(peer)) continue;
      const isFirst = byText(machine, peer) < 0;
      const [a, b] = isFirst ? [machine, peer] : [peer, machine];
      const pending = this.#pending.get(`${a} ${b}`) ?? { a, b, points: new Map<number, Point>() };
      this.#pending.set(`${a} ${b}`, pending);
      const points = pointsOf(series, isFirst, now);
      const own = isFirst ? 'there' : 'back';
      const told = known.machines.has(peer) ? ([own] as const) : (['there', 'back'] as const);
      this.total.add(`${machine} ${peer}`, points, told);
      for (const [at, point] of points) {
        pending.points.set(at, merged(pending.points.get(at), point));
      }
    }
  }

  /** Writes what was heard of one tunnel: another server is about to read it. */
  async store(a: string, b: string): Promise<void> {
    const key = byText(a, b) < 0 ? `${a} ${b}` : `${b} ${a}`;
    await this.#flush((one) => one === key);
  }

  /** Writes what was heard; what cannot be written now is kept for the next time. */
  flush(): Promise<void> {
    return this.#flush(() => true);
  }

  #flush(isWanted: (key: string) => boolean): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const wanted = [...this.#pending].filter(([key]) => isWanted(key));
      for (const [key] of wanted) this.#pending.delete(key);
      const all = wanted.map(([, pending]) => pending);
      for (let from = 0; from < all.length; from += atOnce) {
        const some = all.slice(from, from + atOnce);
        await this.#write(some).catch((error: unknown) => {
          this.#init.log.error({ err: error, network: this.#network }, 'history is not stored');
          this.#keep(some);
        });
      }
    });
    return this.#writing;
  }

  #keep(pending: readonly Pending[]): void {
    for (const { a, b, points } of pending) {
      const newer = this.#pending.get(`${a} ${b}`);
      const oldest = this.#init.clock().getTime() / 1000 / historyStep - chunkLength[historyStep];
      const recent = [...points].filter(([at]) => at >= oldest);
      const both = new Map([...recent, ...(newer?.points ?? [])]);
      this.#pending.set(`${a} ${b}`, { a, b, points: both });
    }
  }

  async #write(some: readonly Pending[]): Promise<void> {
    await this.#init.store.write(async (tx) => {
      for (const pending of some) await this.#writeOne(tx, pending);
    });
  }

  /** What was kept already, by this server or another, is taken in; the long steps are made anew from the short ones. */
  async #writeOne(tx: Transaction, { a, b, points }: Pending): Promise<void> {
    const of = { network: this.#network, a, b };
    const numbers = [...points.keys()];
    const short = await chunksIn(tx, { ...of, step: historyStep }, numbers);
    for (const [at, point] of points) short.put(at, merged(short.points.get(at), point));
    await short.write();
    const longs = [...new Set(numbers.map(longOf))];
    const long = await chunksIn(tx, { ...of, step: longStep }, longs);
    for (const number of longs) {
      const point = longPoint(short.points, number);
      if (point) long.put(number, point);
    }
    await long.write();
  }

  /** How a tunnel went, as far as that is kept or was heard here. */
  async read(a: string, b: string, { from, to, step: wanted }: Range): Promise<TunnelHistory> {
    const step = wanted ?? this.#finest(from);
    const first = Math.max(Math.floor(from / 1000 / step), Math.floor(to / 1000 / step) - longest);
    const count = Math.max(0, Math.floor(to / 1000 / step) - first);
    const isTurned = byText(a, b) > 0;
    const points = await this.#points(isTurned ? [b, a] : [a, b], step, first, first + count - 1);
    const column = (name: keyof Point) =>
      Array.from({ length: count }, (_, index) => points.get(first + index)?.[name] ?? null);
    const [there, back, rtt, loss, handshakes] = columns.map(column);
    return {
      network: this.#network,
      machines: [a, b],
      from: new Date(first * step * 1000).toISOString(),
      step,
      there: (isTurned ? back : there) ?? [],
      back: (isTurned ? there : back) ?? [],
      ...{ rtt: rtt ?? [], loss: loss ?? [], handshakes: handshakes ?? [] },
    };
  }

  /** Short steps as long as they are kept. */
  #finest(from: number): Step {
    const age = (this.#init.clock().getTime() - from) / 1000;
    return age <= (kept[historyStep] - 1) * 3600 + 60 ? historyStep : longStep;
  }

  async #points(
    [a, b]: readonly [string, string],
    step: Step,
    first: number,
    last: number,
  ): Promise<Points> {
    const length = chunkLength[step];
    const range = { first: Math.floor(first / length), last: Math.floor(last / length) };
    const of = { network: this.#network, a, b, step };
    const rows = await this.#init.store.read(async (tx) => tx.historyChunks(of, range));
    const points = new Map(rows.flatMap(({ chunk, data }) => [...unpackChunk(data, step, chunk)]));
    const pending = step === historyStep ? this.#pending.get(`${a} ${b}`)?.points : undefined;
    for (const [at, point] of pending ?? []) points.set(at, merged(points.get(at), point));
    return points;
  }

  async #trim(now: Date): Promise<void> {
    await this.#init.store.write(async (tx) => {
      for (const step of [historyStep, longStep] as const) {
        const current = Math.floor(now.getTime() / 1000 / step / chunkLength[step]);
        await tx.trimHistory(step, current - kept[step]);
      }
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#clearing.close();
    await this.flush();
  }
}

/** The chunks that hold some steps, to be changed and written back. */
async function chunksIn(
  tx: Transaction,
  of: { readonly network: string; readonly a: string; readonly b: string; readonly step: Step },
  numbers: readonly number[],
) {
  const { step } = of;
  const chunkOf = (number: number): number => Math.floor(number / chunkLength[step]);
  const chunks = new Set(numbers.map(chunkOf));
  const range = { first: Math.min(...chunks), last: Math.max(...chunks) };
  const rows = chunks.size === 0 ? [] : await tx.historyChunks(of, range);
  const points = new Map(rows.flatMap(({ chunk, data }) => [...unpackChunk(data, step, chunk)]));
  return {
    points,
    put: (number: number, point: Point) => points.set(number, point),
    write: async () => {
      for (const chunk of chunks) {
        await tx.putHistoryChunk(of, chunk, packChunk(points, step, chunk));
      }
    },
  };
}
