import type { MonitorResult, MonitorsReport, TimedResult } from '#api';
import { canonicalJson } from '#base';
import type { HostState, Monitor } from '#state';
import type { Probe } from './machine.ts';

/** ms after which a result is told again that is as it was, however long the next look takes or is away. */
const tellEvery = 60_000;

interface Watched {
  readonly monitor: Monitor;
  /** For the next look, and for telling what the last one found once more. */
  timer: NodeJS.Timeout | undefined;
  reminder: NodeJS.Timeout | undefined;
  result: MonitorResult | undefined;
  /** ms of a steady clock: since when it is so, and when a look found it last. */
  since: number;
  foundAt: number;
  /** In which words it was told last; undefined: who answers now has heard nothing. */
  told: string | undefined;
}

/** Looks at the services that a state names, each at its own pace, and tells what is another than before. */
export class Monitors {
  readonly #probe: Probe;
  readonly #tell: (report: MonitorsReport) => boolean;
  readonly #watched = new Map<string, Watched>();
  #state: HostState | undefined;

  /** `tell`: false where nobody listens. */
  constructor(probe: Probe, tell: (report: MonitorsReport) => boolean) {
    this.#probe = probe;
    this.#tell = tell;
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    if (this.#state === state) return;
    this.#state = state;
    const wanted = new Map(Object.entries(state.monitors ?? {}));
    for (const [name, watched] of this.#watched) {
      const next = wanted.get(name);
      if (next && canonicalJson(next) === canonicalJson(watched.monitor)) wanted.delete(name);
      else {
        end(watched);
        this.#watched.delete(name);
      }
    }
    for (const [name, monitor] of wanted) this.#begin(name, monitor);
  }

  /** Tells all of it once more: who answers now has heard nothing. */
  again(): void {
    for (const [name, watched] of this.#watched) {
      watched.told = undefined;
      this.#report(name, watched);
    }
  }

  stop(): void {
    for (const watched of this.#watched.values()) end(watched);
    this.#watched.clear();
  }

  #begin(name: string, monitor: Monitor): void {
    const now = performance.now();
    const watched: Watched = {
      ...{ monitor, timer: undefined, reminder: undefined, result: undefined, told: undefined },
      ...{ since: now, foundAt: now },
    };
    this.#watched.set(name, watched);
    void this.#look(name, watched);
  }

  /** The next look begins so long after this one began, or at once where it took longer. */
  async #look(name: string, watched: Watched): Promise<void> {
    const began = performance.now();
    const result = await this.#probe(watched.monitor).catch(
      (error: unknown): MonitorResult => ({ state: 'unknown', why: String(error).slice(0, 500) }),
    );
    if (this.#watched.get(name) !== watched) return;
    watched.foundAt = performance.now();
    if (result.state !== watched.result?.state) watched.since = watched.foundAt;
    watched.result = result;
    if (words(result) !== watched.told) this.#report(name, watched);
    const next = began + watched.monitor.every * 1000 - watched.foundAt;
    watched.timer = setTimeout(() => void this.#look(name, watched), Math.max(0, next));
  }

  /** Tells it, and again when a minute has passed: a server forgets what it hears of no more. */
  #report(name: string, watched: Watched): void {
    const { result } = watched;
    if (!result) return;
    clearTimeout(watched.reminder);
    watched.reminder = setTimeout(() => this.#report(name, watched), tellEvery);
    const now = performance.now();
    const lasts = secondsBetween(watched.since, now);
    const ago = secondsBetween(watched.foundAt, now);
    const timed: TimedResult = { ...result, lasts, ...(ago > 0 && { ago }) };
    if (this.#tell({ type: 'monitors', results: { [name]: timed } })) watched.told = words(result);
  }
}

const secondsBetween = (from: number, to: number): number => Math.round((to - from) / 1000);

function end({ timer, reminder }: Watched): void {
  clearTimeout(timer);
  clearTimeout(reminder);
}

/** What is another result. How long an answer took, and how long jobs have run, is another each time. */
const words = ({ took: _, platform, ...rest }: MonitorResult): string =>
  canonicalJson({
    ...rest,
    ...(platform && {
      ...platform,
      jobManagers: platform.jobManagers.map(({ jobs, ...manager }) => ({
        ...manager,
        jobs: jobs.map(({ running: __, ...job }) => job),
      })),
    }),
  });
