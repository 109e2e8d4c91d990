import type { UdpSocket } from '../facts.ts';
import type { Gathering } from './gathering.ts';

/** `0.0.0.0:51820`, `[::]:51820`, `127.0.0.53%lo:53`. */
const portOf = (local: string): number => Number(local.slice(local.lastIndexOf(':') + 1));

/** `users:(("dnsmasq",pid=812,fd=4))` of ss(8). */
function holderOf(line: string): string | undefined {
  const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(line) ?? [];
  return name === undefined ? undefined : `${name} (process ${pid})`;
}

/** Reads `ss -Hlunp`. */
export function readSockets(text: string): readonly UdpSocket[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, , , local = ''] = line.trim().split(/\s+/);
    const holder = holderOf(line);
    return { port: portOf(local), ...(holder !== undefined && { holder }) };
  });
}

export const gatherSockets = async ({
  sources: { run },
}: Gathering): Promise<readonly UdpSocket[]> => readSockets(await run('read', ['ss', '-Hlunp']));
