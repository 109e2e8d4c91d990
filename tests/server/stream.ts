import type { Machine } from './world.ts';

/** What became of a stream of packets. */
export interface Counted {
  readonly answered: number;
  readonly lost: number;
}

/** Fifty packets a second from a machine to an address, until it is ended; each answer is counted. */
export function streamOf(from: Machine, address: string): { end(): Promise<Counted> } {
  const ping = from.run('ping', '-i', '0.02', address);
  return {
    async end() {
      await ping.end('SIGTERM');
      const numbers = [...(await ping.whole()).matchAll(/icmp_seq=(\d+) ttl/g)].map(([, n]) =>
        Number(n),
      );
      const answered = new Set(numbers).size;
      // What was sent last may be on its way.
      return { answered, lost: (numbers.at(-1) ?? 0) - answered };
    },
  };
}
