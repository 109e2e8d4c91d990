import type { Enter } from '../../sockets.ts';
import { serveIperf } from './iperf.ts';
import { type Serve, serveOwn } from './own.ts';

let ending: (() => unknown) | undefined;

/** Is the other end of one measurement, until that is over; of an earlier one no more. @throws what keeps it from listening */
export async function serve(asked: Serve, enter: Enter): Promise<void> {
  await ending?.();
  ending = undefined;
  ending = await (asked.tool === 'iperf3' ? serveIperf(asked, enter) : serveOwn(asked, enter));
}
