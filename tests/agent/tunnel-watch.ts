import type { Program, Sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

/** Says the frames of segments, in VXLAN, that pass the tunnel of a gateway in both directions, with their MAC addresses. */
export async function watchTunnel(box: Sandbox): Promise<Program> {
  const seen = box.start(['tcpdump', '-lnei', 'wg0', '-T', 'vxlan', 'udp', 'port', '14789']);
  await until('it listens', () => seen.output().includes('listening on'));
  return seen;
}

/** The frames for many machines among those that were seen: the first byte of their receiver is odd (IEEE 802.3, 3.2.3). */
export const framesForMany = (seen: string): readonly string[] =>
  seen.split('\n').filter((line) => /> [\da-f][13579bdf](:[\da-f]{2}){5}, /.test(line));
