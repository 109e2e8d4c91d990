import type { ProbeSample } from '#api';

/** So many of the last probes are looked at. */
const window = 20;
/** Of fewer, one that is lost means no more than of so many. */
const enough = 10;
/** So many in a row without an answer mean that nothing comes back, where nobody says another number. */
const mute = 3;
/** Where this share is lost it is told at once, and when it is less than that again. */
const lossyFrom = 0.15;
const lossyUntil = 0.1;
/** Least weight of a new time in the usual one: it forgets half of what was within about ten minutes of probes. */
const novelty = 0.001;
/** What is usual is known after so many answers, some minutes: a tunnel begins on a machine that is just being set up. */
const known = 300;

interface Asked {
  readonly number: number;
  /** ms of a steady clock. */
  readonly at: number;
  rtt?: number;
}

/** What becomes of the probes of one peer. Pure but for what it remembers; times in ms of any steady clock. */
export class Answers {
  #small: readonly Asked[] = [];
  #large: readonly Asked[] = [];
  #answeredAt: number | undefined;
  #usual = 0;
  #times = 0;
  #isLossy = false;
  readonly #patience: number;
  readonly #mute: number;

  /**
   * `patience`: ms after which an answer counts as lost; one that comes later is counted after all. `silent`: so many in a
   * row without an answer mean that nothing comes back.
   */
  constructor(patience: number, silent = mute) {
    this.#patience = patience;
    this.#mute = silent;
  }

  /** A probe goes out. */
  asked(number: number, at: number, size: 'small' | 'large' = 'small'): void {
    if (size === 'small') this.#small = [...this.#small, { number, at }].slice(-window - 2);
    else this.#large = [...this.#large, { number, at }].slice(-mute - 1);
  }

  /** An answer came. */
  heard(number: number, at: number): void {
    const asked = [...this.#small, ...this.#large].find((one) => one.number === number);
    if (!asked || asked.rtt !== undefined) return;
    if (this.#answeredAt === undefined || this.#isMute(at)) this.#startAt(asked.at);
    asked.rtt = at - asked.at;
    this.#answeredAt = at;
    if (!this.#small.includes(asked)) return;
    this.#times += 1;
    this.#usual += (asked.rtt - this.#usual) * Math.max(novelty, 1 / this.#times);
  }

  /** How it is now; `mtu`: bytes of the large ones. Undefined while too little is known. */
  sample(now: number, mtu: number): ProbeSample | undefined {
    const settled = this.#settled(now);
    if (settled.length === 0) return undefined;
    const times = settled.flatMap(({ rtt }) => (rtt === undefined ? [] : [rtt]));
    const isMute = this.#isMute(now);
    const rtt = median(times);
    const lost = settled.length - times.length;
    return {
      loss: times.length === 0 ? 1 : round(lost / Math.max(settled.length, enough)),
      ...(rtt !== undefined && { rtt: round(rtt) }),
      ...(this.#times >= known && { usual: round(this.#usual) }),
      ...(this.#answeredAt !== undefined && {
        answered: Math.round((now - this.#answeredAt) / 1000),
      }),
      ...(isMute && { mute: true as const }),
      ...(!isMute && this.#hasHole(now) && { hole: mtu }),
    };
  }

  /** What went out before the tunnel stood, or stood again, was not lost on it. */
  #startAt(at: number): void {
    this.#small = this.#small.filter((one) => one.at >= at);
    this.#large = this.#large.filter((one) => one.at >= at);
  }

  #settled(now: number, probes = this.#small): readonly Asked[] {
    return probes.filter((one) => !isLost(one) || now - one.at >= this.#patience).slice(-window);
  }

  #isMute(now: number): boolean {
    return isSilent(this.#settled(now), this.#mute);
  }

  #hasHole(now: number): boolean {
    return isSilent(this.#settled(now, this.#large), mute);
  }

  /** What is told at once when it changes. */
  level(now: number): string {
    const sample = this.sample(now, 0);
    if (!sample) return '';
    this.#isLossy = sample.loss >= lossyFrom || (this.#isLossy && sample.loss >= lossyUntil);
    const marks = [sample.mute && 'mute', sample.hole !== undefined && 'hole'];
    return ['answers', ...marks.filter(Boolean), ...(this.#isLossy ? ['lossy'] : [])].join(' ');
  }
}

const isLost = ({ rtt }: Asked): boolean => rtt === undefined;
const isSilent = (settled: readonly Asked[], count: number): boolean =>
  settled.length >= count && settled.slice(-count).every(isLost);

const round = (value: number): number => Math.round(value * 1000) / 1000;

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
