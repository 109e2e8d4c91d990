import { type PeerSample, type SamplesReport, samplesWithin } from '#api';

/** A machine that names more peers than any has says nonsense: nothing of it is kept. */
const most = 20_000;

/** What an agent says of its tunnels over one connection; times in milliseconds of any steady clock. */
export class Samples {
  readonly #peers = new Map<string, PeerSample>();
  #heard: number | undefined;

  hear({ peers }: SamplesReport, now: number): void {
    if (this.#peers.size > most) this.#peers.clear();
    for (const [name, sample] of Object.entries(peers)) this.#peers.set(name, sample);
    this.#heard = now;
  }

  /** Of the tunnel to this peer, if it said anything lately: then it would have said it if that had fallen silent. */
  freshOf(peer: string, now: number): PeerSample | undefined {
    const isFresh = this.#heard !== undefined && now - this.#heard <= samplesWithin * 1000;
    return isFresh ? this.#peers.get(peer) : undefined;
  }
}
