import { type PeerSample, type SamplesReport, silenceTold } from '#api';
import { HandshakeAges, type Run } from '#host';
import type { HostState } from '#state';
import { Again } from './again.ts';
import { PlainHosts } from './plain-hosts.ts';
import { Probes } from './probes.ts';
import { Series } from './series.ts';
import { handshakesOf, runAt } from './show.ts';

/** ms. */
export interface SampleTimings {
  /** Between looks: the first after a new state, since tunnels stand within moments, and all later ones. */
  readonly least: number;
  readonly most: number;
  /** What changed is told after so long, and that all is as it was. */
  readonly tell: number;
}

const usual: SampleTimings = { least: 500, most: 10_000, tell: 60_000 };
const slower = 1.5;
/** ms that a look comes after the end of a step. */
const slack = 5;

/** So many peers are told of in one message. */
const told = 500;

/** Seconds of silence that are told when they are over, and when something is heard again. */
const silences = [silenceTold, 180] as const;

/** What a tunnel has of a peer; a time in seconds since 1970. */
interface Reading {
  readonly id: string;
  readonly handshake: number;
  readonly rx: number;
  readonly tx: number;
}

interface Seen extends Pick<PeerSample, 'rx' | 'tx' | 'handshake'> {
  /** When bytes came last, in seconds of a steady clock. */
  readonly heardAt?: number;
}

interface Told extends Pick<PeerSample, 'rx' | 'tx'> {
  readonly level: string;
}

/** Samples its tunnels, and tells the server: what grew once a minute, what fell silent at once. */
export class Samples {
  readonly #run: Run;
  readonly #tell: (report: SamplesReport) => boolean;
  readonly #timings: SampleTimings;
  readonly #probes: Probes;
  readonly #hosts: PlainHosts;
  readonly #ages = new HandshakeAges();
  #state: HostState | undefined;
  #seen: ReadonlyMap<string, Seen> = new Map();
  readonly #told = new Map<string, Told>();
  #toldHosts = noHosts;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #next = new Again(() => this.#look());
  readonly #series = new Series();
  #gap: number;

  /** `tell`: false where nobody listens. */
  constructor(run: Run, tell: (report: SamplesReport) => boolean, timings = usual) {
    this.#run = run;
    this.#tell = tell;
    this.#timings = timings;
    this.#probes = new Probes(() => this.#next.later(0));
    this.#hosts = new PlainHosts(() => this.#next.later(0));
    this.#gap = timings.least;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#gap = this.#timings.least;
    this.#probes.follow(state);
    this.#hosts.follow(state);
    this.#next.later(0);
  }

  /** Tells all of it once more: who answers now has heard nothing. */
  again(): void {
    this.#told.clear();
    this.#toldHosts = noHosts;
    this.#toldAt = Number.NEGATIVE_INFINITY;
    if (this.#state) this.#next.later(0);
  }

  stop(): void {
    this.#next.stop();
    this.#probes.stop();
    this.#hosts.stop();
  }

  async #look(): Promise<void> {
    const state = this.#state;
    if (!state || Object.keys(state.tunnels).length === 0) return;
    const readings = newestOf(state, await readingsOf(this.#run, state));
    if (this.#state !== state || this.#next.isStopped) return;
    this.#seen = new Map([...readings].map(([name, one]) => [name, this.#see(name, one)]));
    for (const name of this.#told.keys()) if (!this.#seen.has(name)) this.#told.delete(name);
    this.#course(readings);
    await this.#report(state);
    // A step of the series that is over is seen to be.
    this.#next.later(Math.min(this.#gap, this.#series.rest(performance.now()) + slack));
    this.#gap = Math.min(this.#gap * slower, this.#timings.most);
  }

  #course(readings: ReadonlyMap<string, Reading>): void {
    const now = performance.now();
    this.#series.keep(readings);
    for (const [name, one] of readings) this.#series.note(name, one, this.#probes.of(name), now);
  }

  #see(name: string, { id, handshake, rx, tx }: Reading): Seen {
    const before = this.#seen.get(name);
    const age = this.#ages.of(id, handshake);
    const steady = performance.now() / 1000;
    const grew = before !== undefined && rx !== before.rx && rx > 0;
    // What comes with a handshake came no earlier, also where nobody looked.
    const first = Number.isFinite(age) ? steady - age : undefined;
    const heardAt = grew ? steady : (before?.heardAt ?? first);
    return {
      rx,
      tx,
      ...(Number.isFinite(age) && { handshake: Math.round(age) }),
      ...(heardAt !== undefined && { heardAt }),
    };
  }

  async #report(state: HostState): Promise<void> {
    const steady = performance.now() / 1000;
    const isDue = steady * 1000 - this.#toldAt >= this.#timings.tell;
    const levels = this.#hosts.levels;
    const areHostsDue = levels !== this.#toldHosts || (isDue && levels !== noHosts);
    const due = [...this.#seen].flatMap(([name, seen]) => {
      const heard = seen.heardAt === undefined ? undefined : steady - seen.heardAt;
      const level = `${levelOf(heard)} ${this.#probes.levelOf(name)}`;
      const known = this.#told.get(name);
      const isOther = known?.rx !== seen.rx || known.tx !== seen.tx;
      // What a host behind it says is judged by what the peer itself does now.
      const isAsked = areHostsDue && this.#probes.levelOf(name) !== '';
      const isTold = known?.level !== level || (isDue && isOther) || isAsked;
      return isTold ? [{ name, seen, heard, level }] : [];
    });
    if (due.length === 0 && !areHostsDue && !isDue) return;
    const endpoints = due.length > 0 ? await endpointsOf(this.#run, state) : noEndpoints;
    for (let from = 0; from === 0 || from < due.length; from += told) {
      const some = due.slice(from, from + told);
      const peers = Object.fromEntries(
        some.map(({ name, seen, heard }) => {
          const probe = this.#probes.of(name);
          return [name, { ...sampleOf(seen, heard, endpoints.get(name)), ...(probe && { probe }) }];
        }),
      );
      const series = Object.fromEntries(
        some.flatMap(({ name }) => {
          const one = this.#series.of(name, performance.now());
          return one ? [[name, one]] : [];
        }),
      );
      const courses = Object.keys(series).length > 0 && { series };
      const hosts = from === 0 && areHostsDue && { hosts: this.#hosts.samples };
      if (!this.#tell({ type: 'samples', peers, ...hosts, ...courses })) return;
      this.#toldHosts = levels;
      for (const { name, seen, level } of some) {
        this.#told.set(name, { level, rx: seen.rx, tx: seen.tx });
        this.#series.told(name);
      }
    }
    if (isDue) this.#toldAt = steady * 1000;
  }
}

const noHosts = '{}';
const noEndpoints: ReadonlyMap<string, string> = new Map();

const sampleOf = (
  { heardAt: _, ...seen }: Seen,
  heard: number | undefined,
  endpoint: string | undefined,
): PeerSample => ({
  ...seen,
  ...(endpoint !== undefined && { endpoint }),
  ...(heard !== undefined && { heard: Math.round(heard) }),
});

/** How long a silence lasts, in the steps that are told: -1 where nothing was ever heard. */
const levelOf = (heard: number | undefined): number =>
  heard === undefined ? -1 : silences.filter((seconds) => heard >= seconds).length;

const devicesOf = ({ tunnels }: HostState): readonly string[] => [
  ...new Set(Object.values(tunnels).map((tunnel) => tunnel.interface)),
];

/** The lines of `wg show DEVICE WHAT`, each a public key and what is asked; none where there is no device. */
async function linesOf(run: Run, device: string, what: string): Promise<readonly string[][]> {
  const text = await run('read', ['wg', 'show', device, what]).catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split('\t'));
}

/** What each tunnel has of each peer, by device and public key. */
async function readingsOf(run: Run, state: HostState): Promise<ReadonlyMap<string, Reading>> {
  const found = await Promise.all(
    devicesOf(state).map(async (device) => {
      const [handshakes, lines] = await Promise.all([
        handshakesOf(runAt(run, state, device), device),
        linesOf(runAt(run, state, device), device, 'transfer'),
      ]);
      return lines.map(([key = '', rx, tx]): Reading => {
        const id = `${device} ${key}`;
        return { id, handshake: handshakes.get(id) ?? 0, rx: Number(rx), tx: Number(tx) };
      });
    }),
  );
  return new Map(found.flat().map((reading) => [reading.id, reading]));
}

/** Where packets of each peer come from, by its name. */
async function endpointsOf(run: Run, state: HostState): Promise<ReadonlyMap<string, string>> {
  const names = new Map(
    Object.values(state.tunnels).flatMap(({ interface: device, peers }) =>
      Object.entries(peers).map(([name, { publicKey }]) => [`${device} ${publicKey}`, name]),
    ),
  );
  const found = await Promise.all(
    devicesOf(state).map(async (device) =>
      (await linesOf(runAt(run, state, device), device, 'endpoints')).flatMap(
        ([key, endpoint = '(none)']) => {
          const name = names.get(`${device} ${key}`);
          return name === undefined || endpoint === '(none)' ? [] : [[name, endpoint] as const];
        },
      ),
    ),
  );
  return new Map(found.flat());
}

/** Each peer as the tunnel has it by which it was heard last: while a key changes there are several. */
function newestOf(
  { tunnels }: HostState,
  readings: ReadonlyMap<string, Reading>,
): ReadonlyMap<string, Reading> {
  const newest = new Map<string, Reading>();
  for (const { interface: device, peers } of Object.values(tunnels)) {
    for (const [name, { publicKey }] of Object.entries(peers)) {
      const reading = readings.get(`${device} ${publicKey}`);
      const known = newest.get(name);
      if (!reading || (known && known.handshake >= reading.handshake)) continue;
      newest.set(name, reading);
    }
  }
  return newest;
}
