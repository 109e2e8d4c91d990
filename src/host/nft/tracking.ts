import { HawserError } from '#base';
import type { Run } from '../run.ts';
import type { Kernel } from '../sysctl/kernel.ts';

const probe = `add table bridge hawser-probe
add chain bridge hawser-probe forward { type filter hook forward priority 10; policy accept; }
add rule bridge hawser-probe forward ct state established accept
`;

/** What br_netfilter brings. */
export const shown = 'net/bridge/bridge-nf-call-iptables';

/** Tells whether bridges have to track connections themselves, and can: only nft can say, which loads the module. */
export class Tracking {
  #can = false;

  async isByBridge(run: Run, kernel: Kernel): Promise<boolean> {
    if ((await kernel.read([shown])).size > 0) return false;
    this.#can ||= await canTrack(run);
    return this.#can;
  }
}

/** Asked without a trace left (`-c`). */
export async function canTrack(run: Run): Promise<boolean> {
  try {
    await run('read', ['nft', '-c', '-f', '-'], { stdin: probe });
    return true;
  } catch (error) {
    if (error instanceof HawserError) return false;
    throw error;
  }
}
