import { spawn } from 'node:child_process';
import { isIPv6 } from 'node:net';
import type { Pinged } from '#api';
import type { Enter } from '../../sockets.ts';

/** Seconds between echoes: the least that ping(8) lets everybody have. */
const every = 0.2;

/** What `ping -q` says at its end. Pure. */
export function pingedIn(text: string): Pinged | undefined {
  const counts = /(\d+) packets transmitted, (\d+) received/.exec(text);
  if (!counts) return undefined;
  const times = /= ([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(text);
  return {
    sent: Number(counts[1]),
    received: Number(counts[2]),
    ...(times && { least: Number(times[1]), mean: Number(times[2]), most: Number(times[3]) }),
  };
}

/** Echoes for so many seconds; undefined: nobody could send any. */
export const ping = (
  address: string,
  seconds: number,
  enter: Enter = [],
): Promise<Pinged | undefined> => echoes(enter, address, Math.max(1, Math.round(seconds / every)));

/** Packets in an attempt to send some that must not be cut. */
const few = 3;

/**
 * Whether packets of so many bytes come back whole, told to nobody on the way that they may be cut; where none does, after a
 * second attempt. Undefined: nobody could tell.
 */
export async function passesWhole(
  address: string,
  bytes: number,
  enter: Enter = [],
): Promise<boolean | undefined> {
  const data = String(bytes - (isIPv6(address) ? 48 : 28));
  const attempt = () => echoes(enter, address, few, ['-M', 'do', '-s', data]);
  const first = await attempt();
  if (!first || first.received > 0) return first && true;
  const second = await attempt();
  return second && second.received > 0;
}

function echoes(
  enter: Enter,
  address: string,
  count: number,
  more: readonly string[] = [],
): Promise<Pinged | undefined> {
  const words = ['-n', '-q', '-i', every, '-c', count, '-W', 1, ...more, address].map(String);
  const [program = '', ...argv] = [...enter, 'ping', ...words];
  return new Promise((resolve) => {
    const child = spawn(program, argv, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', () => resolve(pingedIn(text)));
  });
}
