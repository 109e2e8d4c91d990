import type { TraceResult } from '#api';
import { serverErrors } from '../../errors.ts';

/** What nobody else is known to use; where the policy lets nothing pass there, what it does let. */
export const usualPort = 14_792;
/** So many ports in a row: others may have taken the first. */
const inRow = 8;
/** And so many in all. */
const most = 32;

type TraceBy = (port: number) => Promise<TraceResult>;

interface OpenPort {
  readonly port: number;
  readonly trace: TraceResult;
}

const isOpen = ({ verdict }: TraceResult): boolean => verdict === 'allow' || verdict === 'outside';

/** Ports by which the way is open: each of these, and those after it for as long as they are open, too. */
export async function* openPorts(
  first: Iterable<number>,
  traceBy: TraceBy,
): AsyncGenerator<OpenPort> {
  const given = new Set<number>();
  for (const start of first) {
    for (let port = start; port < Math.min(start + inRow, 65_536) && given.size < most; port++) {
      if (given.has(port)) continue;
      const trace = await traceBy(port);
      if (!isOpen(trace)) break;
      given.add(port);
      yield { port, trace };
    }
  }
}

/** @throws server/benchmark-closed: by none of these the way is open */
export async function firstOpen(first: readonly number[], traceBy: TraceBy): Promise<OpenPort> {
  for await (const open of openPorts(first, traceBy)) return open;
  const { from, to, reason } = await traceBy(first[0] ?? usualPort);
  throw serverErrors.error('server/benchmark-closed', { from, to, reason, port: usualPort });
}
