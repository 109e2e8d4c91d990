import type { PeerSample, SamplesReport } from '#api';
import { HandshakeAges, type Run } from '#host';
import type { HostState } from '#state';
import { type PeerDump, parseDumpOf } from '#wireguard';

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

/** So many peers are told of in one message. */
const told = 500;

/** Seconds of silence that are told when they are over, and when something is heard again. */
const silences = [60, 180] as const;

interface Seen extends Omit<PeerSample, 'heard'> {
  /** When bytes came last, in seconds of a steady clock. */
  readonly heardAt?: number;
}

interface Told {
  readonly text: string;
  readonly level: number;
}

/** Samples its tunnels, and tells the server: what grew once a minute, what fell silent at once. */
export class Samples {
  readonly #run: Run;
  readonly #tell: (report: SamplesReport) => boolean;
  readonly #timings: SampleTimings;
  readonly #ages = new HandshakeAges();
  #state: HostState | undefined;
  #seen: ReadonlyMap<string, Seen> = new Map();
  readonly #told = new Map<string, Told>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #gap: number;
  #stopped = false;

  /** `tell`: false where nobody listens. */
  constructor(run: Run, tell: (report: SamplesReport) => boolean, timings = usual) {
    this.#run = run;
    this.#tell = tell;
    this.#timings = timings;
    this.#gap = timings.least;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#gap = this.#timings.least;
    this.#later(0);
  }

  /** Tells all of it once more: who answers now has heard nothing. */
  again(): void {
    this.#told.clear();
    this.#toldAt = Number.NEGATIVE_INFINITY;
    if (this.#state) this.#later(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(delay: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), delay);
  }

  async #look(): Promise<void> {
    const state = this.#state;
    if (!state || Object.keys(state.tunnels).length === 0) return;
    const dumps = await dumpsOf(this.#run, state);
    if (this.#state !== state || this.#stopped) return;
    const steady = performance.now() / 1000;
    this.#seen = new Map(
      [...newestOf(state, dumps)].map(([name, { id, peer }]) => [name, this.#see(name, id, peer)]),
    );
    for (const name of this.#told.keys()) if (!this.#seen.has(name)) this.#told.delete(name);
    this.#report(steady);
    this.#later(this.#gap);
    this.#gap = Math.min(this.#gap * slower, this.#timings.most);
  }

  #see(name: string, id: string, { endpoint, latestHandshake, rx, tx }: PeerDump): Seen {
    const before = this.#seen.get(name);
    const age = this.#ages.of(id, latestHandshake);
    const steady = performance.now() / 1000;
    const grew = before !== undefined && rx !== before.rx && rx > 0;
    // What comes with a handshake came no earlier, also where nobody looked.
    const first = Number.isFinite(age) ? steady - age : undefined;
    const heardAt = grew ? steady : (before?.heardAt ?? first);
    return {
      rx,
      tx,
      ...(endpoint !== undefined && { endpoint }),
      ...(Number.isFinite(age) && { handshake: Math.round(age) }),
      ...(heardAt !== undefined && { heardAt }),
    };
  }

  #report(steady: number): void {
    const isDue = steady * 1000 - this.#toldAt >= this.#timings.tell;
    const due = [...this.#seen].flatMap(([name, seen]) => {
      const heard = seen.heardAt === undefined ? undefined : steady - seen.heardAt;
      const text = `${seen.rx} ${seen.tx} ${seen.endpoint}`;
      const level = levelOf(heard);
      const known = this.#told.get(name);
      const isNews = known?.level !== level || (isDue && known.text !== text);
      return isNews ? [{ name, sample: sampleOf(seen, heard), told: { text, level } }] : [];
    });
    if (due.length === 0 && !isDue) return;
    for (let from = 0; from === 0 || from < due.length; from += told) {
      const some = due.slice(from, from + told);
      const peers = Object.fromEntries(some.map(({ name, sample }) => [name, sample]));
      if (!this.#tell({ type: 'samples', peers })) return;
      for (const one of some) this.#told.set(one.name, one.told);
    }
    if (isDue) this.#toldAt = steady * 1000;
  }
}

const sampleOf = ({ heardAt: _, ...seen }: Seen, heard: number | undefined): PeerSample => ({
  ...seen,
  ...(heard !== undefined && { heard: Math.round(heard) }),
});

/** How long a silence lasts, in the steps that are told: -1 where nothing was ever heard. */
const levelOf = (heard: number | undefined): number =>
  heard === undefined ? -1 : silences.filter((seconds) => heard >= seconds).length;

/** What WireGuard says of each tunnel; one that is not there says nothing. */
async function dumpsOf(
  run: Run,
  { tunnels }: HostState,
): Promise<ReadonlyMap<string, ReadonlyMap<string, PeerDump>>> {
  const devices = [...new Set(Object.values(tunnels).map((tunnel) => tunnel.interface))];
  const found = await Promise.all(
    devices.map(async (device) => {
      const peers = await run('read', ['wg', 'show', device, 'dump'])
        .then((text) => parseDumpOf(device, text).peers)
        .catch(() => []);
      return [device, new Map(peers.map((peer) => [peer.publicKey, peer]))] as const;
    }),
  );
  return new Map(found);
}

interface Found {
  readonly id: string;
  readonly peer: PeerDump;
}

/** Each peer as the tunnel has it by which it was heard last: while a key changes there are several. */
function newestOf(
  { tunnels }: HostState,
  dumps: Awaited<ReturnType<typeof dumpsOf>>,
): ReadonlyMap<string, Found> {
  const newest = new Map<string, Found>();
  for (const { interface: device, peers } of Object.values(tunnels)) {
    for (const [name, { publicKey }] of Object.entries(peers)) {
      const peer = dumps.get(device)?.get(publicKey);
      const known = newest.get(name)?.peer;
      if (!peer || (known && known.latestHandshake >= peer.latestHandshake)) continue;
      newest.set(name, { id: `${device} ${publicKey}`, peer });
    }
  }
  return newest;
}
