import { spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Enter } from '../../sockets.ts';

export interface Sent {
  /** TCP segments that were sent twice, and all. */
  readonly again: number;
  readonly segments: number;
}

/** What ss(8) says of one connection. Pure. */
export function sentIn(text: string): Sent | undefined {
  const segments = /\bdata_segs_out:(\d+)/.exec(text)?.[1];
  if (segments === undefined) return undefined;
  return { again: Number(/\bretrans:\d+\/(\d+)/.exec(text)?.[1] ?? 0), segments: Number(segments) };
}

/** What the kernel counted of what this end sent; undefined: it does not say. */
export function sentBy({ localPort, remotePort }: Socket, enter: Enter): Sent | undefined {
  const filter = ['sport', '=', `:${localPort}`, 'and', 'dport', '=', `:${remotePort}`];
  const [program = '', ...argv] = [...enter, 'ss', '-tinH', ...filter];
  const { stdout } = spawnSync(program, argv, { encoding: 'utf8', timeout: 2_000 });
  return sentIn(stdout);
}
