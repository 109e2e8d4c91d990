import { spawn } from 'node:child_process';
import type { Tried } from '#api';
import type { Enter } from '../sockets.ts';
import { refusalOf } from './outcome.ts';

interface Echo {
  readonly address: string;
  /** Bytes of the packet, which nobody may cut in pieces. */
  readonly size?: number;
}

interface From {
  readonly enter: Enter;
  /** Of what is sent, by which it may have a way of its own (SO_MARK of socket(7)). */
  readonly mark?: number;
}

/** An echo request by ping(8). Headers of IP and ICMP are part of the packet's size. */
export function echoing(
  { address, size }: Echo,
  within: number,
  { enter, mark }: From,
): Promise<Pick<Tried, 'outcome' | 'error'>> {
  const seconds = String(Math.max(1, Math.ceil(within / 1000)));
  const headers = address.includes(':') ? 48 : 28;
  const whole = size === undefined ? [] : ['-M', 'do', '-s', String(Math.max(0, size - headers))];
  const marked = mark === undefined ? [] : ['-m', String(mark)];
  const command = ['ping', '-n', '-c', '1', '-W', seconds, ...marked, ...whole, address];
  const [program = '', ...argv] = [...enter, ...command];
  return new Promise((resolve) => {
    const child = spawn(program, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const lines: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (part: Buffer) => lines.push(part));
    }
    child.on('error', ({ message }) => resolve({ outcome: 'refused', error: message }));
    child.on('close', (code) => {
      const text = Buffer.concat(lines).toString();
      resolve(code === 0 ? { outcome: 'answered' } : refusalOf(text));
    });
  });
}
