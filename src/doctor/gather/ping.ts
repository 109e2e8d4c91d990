import type { Run } from '#host';
import { NotKnown } from './not-known.ts';

export interface Ping {
  readonly address: string;
  /** Bytes of the whole IP packet, which may not be divided on its way; absent: a small one. */
  readonly size?: number;
  /** Routers that it may pass. */
  readonly hops?: number;
  readonly mark?: number;
}

/** Who answered, be it with an error of ICMP; undefined: nobody, or only this machine itself. */
export type Pong = string | undefined;

/** Headers of IP and ICMP, bytes. */
const headers = (address: string): number => (address.includes(':') ? 48 : 28);

/** Two packets, a second for an answer, two for all: a single lost one is no finding. */
function argvOf({ address, size, hops, mark = 0 }: Ping): readonly string[] {
  return [
    ...['ping', '-n', '-c', '2', '-i', '0.2', '-W', '1', '-w', '2'],
    ...(size === undefined ? [] : ['-M', 'do', '-s', String(size - headers(address))]),
    ...(hops === undefined ? [] : ['-t', String(hops)]),
    ...(mark === 0 ? [] : ['-m', String(mark)]),
    address,
  ];
}

const reply = /bytes from ([\da-f.:]+?):? /;
const error = /^From ([\da-f.:]+?):? icmp_seq=\d+ (?!Frag needed|Packet too big)/m;

/** What iputils' ping printed; `own`: addresses of this machine, whose complaints are no answer. */
export function readPong(text: string, own: ReadonlySet<string>): Pong {
  const from = reply.exec(text)?.[1] ?? error.exec(text)?.[1];
  return from === undefined || own.has(from) ? undefined : from;
}

/** @throws NotKnown where ping cannot do that */
export async function ping(run: Run, ask: Ping, own: ReadonlySet<string>): Promise<Pong> {
  const text = await run('read', argvOf(ask), { exits: [0, 1, 2] });
  if (text.includes('BusyBox')) throw new NotKnown("busybox's ping cannot measure sizes");
  return readPong(text, own);
}
