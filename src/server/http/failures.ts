/** Failed attempts that one address has in a window, and the window's length in milliseconds. */
const allowed = 10;
const window = 60_000;
/** Addresses that are remembered at once; beyond, the oldest are forgotten. */
const remembered = 10_000;

interface Count {
  /** ms of performance.now. */
  readonly since: number;
  readonly times: number;
}

/** IPv6 hosts have a /64 to choose addresses from (RFC 6177): it counts as one. */
function sourceOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  return address.split(':').slice(0, 4).join(':');
}

/** Counts failed attempts by address. Who has the right token is never kept out. */
export class Failures {
  readonly #counts = new Map<string, Count>();

  /** Notes a failure; seconds to wait if there were too many, else undefined. */
  note(address: string): number | undefined {
    const source = sourceOf(address);
    const now = performance.now();
    const known = this.#counts.get(source);
    const count =
      known && now - known.since < window
        ? { ...known, times: known.times + 1 }
        : { since: now, times: 1 };
    this.#counts.delete(source);
    this.#counts.set(source, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= remembered) break;
      this.#counts.delete(oldest);
    }
    if (count.times <= allowed) return undefined;
    return Math.ceil((count.since + window - now) / 1000);
  }
}
