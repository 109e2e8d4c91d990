import {
  historyStep,
  type PeerSample,
  type ProbeSample,
  type SamplesReport,
  samplesWithin,
  silenceTold,
  type TunnelSeries,
} from '#api';

/** A machine that names more peers than any has says nonsense: nothing of it is kept. */
const most = 20_000;

/** Bytes a second that came and went in the last minute that was told. */
export interface Rates {
  readonly rx: number;
  readonly tx: number;
}

/** The same as data; times are ms ago. */
export interface KeptSamples {
  readonly peers: Readonly<Record<string, PeerSample>>;
  readonly rates: Readonly<Record<string, readonly [rx: number, tx: number, age: number]>>;
  readonly hosts: Readonly<Record<string, ProbeSample>>;
  readonly heard?: number;
}

interface Told {
  readonly sample: PeerSample;
  readonly at: number;
}

/** What an agent says of its tunnels over one connection; times in milliseconds of any steady clock. */
export class Samples {
  readonly #peers = new Map<string, Told>();
  readonly #rates = new Map<string, Rates & { readonly at: number }>();
  #hosts: ReadonlyMap<string, ProbeSample> = new Map();
  #hostsAt = 0;
  #heard: number | undefined;

  hear({ peers, hosts, series = {} }: SamplesReport, now: number): void {
    if (hosts) {
      this.#hosts = new Map(Object.entries(hosts).slice(0, most));
      this.#hostsAt = now;
    }
    if (this.#peers.size > most) this.#peers.clear();
    if (this.#rates.size > most) this.#rates.clear();
    for (const [name, sample] of Object.entries(peers)) this.#peers.set(name, { sample, at: now });
    for (const [name, one] of Object.entries(series)) {
      this.#rates.set(name, { ...ratesOf(one), at: now });
    }
    this.#heard = now;
  }

  /** All of it, for another server. */
  kept(now: number): KeptSamples {
    const rates = [...this.#rates].map(
      ([name, { rx, tx, at }]) => [name, [rx, tx, Math.round(now - at)]] as const,
    );
    const peers = [...this.#peers].map(([name, one]) => [name, agedOf(one, now)] as const);
    const hosts = [...this.#hosts].map(([name, one]) => [name, this.#agedHost(one, now)] as const);
    return {
      peers: Object.fromEntries(peers),
      rates: Object.fromEntries(rates),
      hosts: Object.fromEntries(hosts),
      ...(this.#heard !== undefined && { heard: Math.round(now - this.#heard) }),
    };
  }

  /** What another server kept, at a time of this one's clock. */
  static from({ peers, rates, hosts, heard }: KeptSamples, at: number): Samples {
    const samples = new Samples();
    for (const [name, sample] of Object.entries(peers)) samples.#peers.set(name, { sample, at });
    for (const [name, [rx, tx, age]] of Object.entries(rates)) {
      samples.#rates.set(name, { rx, tx, at: at - age });
    }
    samples.#hosts = new Map(Object.entries(hosts));
    samples.#hostsAt = at;
    if (heard !== undefined) samples.#heard = at - heard;
    return samples;
  }

  /** Of the tunnel to this peer, if it said anything lately: then it would have said it if that had fallen silent. */
  freshOf(peer: string, now: number): PeerSample | undefined {
    const told = this.#isFresh(this.#heard, now) ? this.#peers.get(peer) : undefined;
    return told && agedOf(told, now);
  }

  /** What passes the tunnel to this peer; of what nothing is told any more nothing passes. */
  ratesOf(peer: string, now: number): Rates | undefined {
    const rates = this.#rates.get(peer);
    return this.#isFresh(rates?.at, now) ? rates : undefined;
  }

  /** How plain hosts answer that it asks, of those that are named. */
  hostsOf(names: readonly string[], now: number): Readonly<Record<string, ProbeSample>> {
    if (!this.#isFresh(this.#heard, now)) return {};
    return Object.fromEntries(
      names.flatMap((name) => {
        const sample = this.#hosts.get(name);
        return sample ? [[name, this.#agedHost(sample, now)]] : [];
      }),
    );
  }

  #agedHost(sample: ProbeSample, now: number): ProbeSample {
    return agedProbe(sample, secondsBetween(this.#hostsAt, now));
  }

  #isFresh(at: number | undefined, now: number): boolean {
    return at !== undefined && now - at <= samplesWithin * 1000;
  }
}

/** Steps of a minute. */
const minute = 60 / historyStep;

const ratesOf = ({ rx, tx }: TunnelSeries): Rates => ({ rx: rateOf(rx), tx: rateOf(tx) });

/** The mean of the last minute; of one of which nothing is known, 0. */
function rateOf(bytes: TunnelSeries['rx']): number {
  const known = bytes.slice(-minute).filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length) / historyStep;
}

const secondsBetween = (at: number, now: number): number => Math.round((now - at) / 1000);

/**
 * What was told, as it is now: whoever fell silent would have been told of if anything had come since, and only what changes is
 * told. The seconds are whole ones, so that of exactly so much silence it is not known whether it was told as one.
 */
function agedOf({ sample, at }: Told, now: number): PeerSample {
  const { heard = 0, handshake, probe } = sample;
  const isSilent = heard > silenceTold;
  if (!isSilent && !probe?.mute) return sample;
  const seconds = secondsBetween(at, now);
  return {
    ...sample,
    ...(isSilent && { heard: heard + seconds }),
    ...(isSilent && handshake !== undefined && { handshake: handshake + seconds }),
    ...(probe && { probe: agedProbe(probe, seconds) }),
  };
}

const agedProbe = (probe: ProbeSample, seconds: number): ProbeSample =>
  probe.mute && probe.answered !== undefined
    ? { ...probe, answered: probe.answered + seconds }
    : probe;
