import type { MonitorResult, MonitorsReport, TimedResult } from '#api';
import { canonicalJson } from '#base';
import type { HostState, Monitor } from '#state';
import type { Probe } from './machine.ts';

/** ms after which a result is told again that is as it was. */
const tellEvery = 60_000;

interface Watched {
  readonly monitor: Monitor;
  timer: NodeJS.Timeout | undefined;
  result: MonitorResult | undefined;
  /** ms of a steady clock: since when it is so; when it was told last, and in which words. */
  since: number;
  toldAt: number;
  told: string;
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
    for (const [name, { monitor, timer }] of this.#watched) {
      const next = wanted.get(name);
      if (next && canonicalJson(next) === canonicalJson(monitor)) wanted.delete(name);
      else {
        clearTimeout(timer);
        this.#watched.delete(name);
      }
    }
    for (const [name, monitor] of wanted) this.#begin(name, monitor);
  }

  /** Tells all of it once more: who answers now has heard nothing. */
  again(): void {
    for (const [name, watched] of this.#watched) {
      watched.toldAt = Number.NEGATIVE_INFINITY;
      if (watched.result) this.#report(name, watched, watched.result);
    }
  }

  stop(): void {
    for (const { timer } of this.#watched.values()) clearTimeout(timer);
    this.#watched.clear();
  }

  #begin(name: string, monitor: Monitor): void {
    const watched: Watched = {
      ...{ monitor, timer: undefined, result: undefined, since: performance.now() },
      ...{ toldAt: Number.NEGATIVE_INFINITY, told: '' },
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
    if (result.state !== watched.result?.state) watched.since = performance.now();
    watched.result = result;
    this.#report(name, watched, result);
    const next = began + watched.monitor.every * 1000 - performance.now();
    watched.timer = setTimeout(() => void this.#look(name, watched), Math.max(0, next));
  }

  #report(name: string, watched: Watched, result: MonitorResult): void {
    const now = performance.now();
    const text = canonicalJson(withoutTimes(result));
    if (text === watched.told && now - watched.toldAt < tellEvery) return;
    const timed: TimedResult = { ...result, lasts: Math.round((now - watched.since) / 1000) };
    if (!this.#tell({ type: 'monitors', results: { [name]: timed } })) return;
    watched.told = text;
    watched.toldAt = now;
  }
}

/** How long an answer took, and how long jobs have run, is another each time. */
const withoutTimes = ({ took: _, platform, ...rest }: MonitorResult): unknown => ({
  ...rest,
  ...(platform && {
    ...platform,
    jobManagers: platform.jobManagers.map(({ jobs, ...manager }) => ({
      ...manager,
      jobs: jobs.map(({ running: __, ...job }) => job),
    })),
  }),
});
