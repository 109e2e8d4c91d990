import type { Way } from '#api';
import type { Run } from '#host';
import { Address, Prefix } from '#ip';
import type { HostState } from '#state';

interface Route {
  readonly dev?: string;
}

/** How the kernel sends packets to an address now. @throws host/command-failed: it has no route, and says so */
export async function wayTo(run: Run, state: HostState | undefined, text: string): Promise<Way> {
  const address = Address.parse(text);
  const [route] = JSON.parse(
    await run('read', ['ip', '-j', 'route', 'get', String(address)]),
  ) as readonly Route[];
  const device = route?.dev ?? '';
  const tunnels = Object.values(state?.tunnels ?? {}).filter(
    (tunnel) => tunnel.interface === device,
  );
  if (tunnels.length === 0) return { device };
  const key = keyFor(await run('read', ['wg', 'show', device, 'allowed-ips']), address);
  const peer = tunnels
    .flatMap(({ peers }) => Object.entries(peers))
    .find(([, { publicKey }]) => publicKey === key)?.[0];
  return { device, ...(peer !== undefined && { peer }) };
}

/** Whose allowed IPs hold an address most closely, by the lines of `wg show DEVICE allowed-ips`. Pure. */
export function keyFor(lines: string, address: Address): string | undefined {
  let best: { readonly key: string; readonly length: number } | undefined;
  for (const line of lines.split('\n')) {
    const [key = '', prefixes = ''] = line.split('\t');
    for (const text of prefixes.split(' ')) {
      const prefix = Prefix.tryParse(text);
      if (!prefix?.contains(address) || prefix.length < (best?.length ?? 0)) continue;
      best = { key, length: prefix.length };
    }
  }
  return best?.key;
}
