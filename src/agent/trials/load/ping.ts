import { spawn } from 'node:child_process';
import type { Pinged } from '#api';

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
export function ping(address: string, seconds: number): Promise<Pinged | undefined> {
  const count = String(Math.max(1, Math.round(seconds / every)));
  const argv = ['-n', '-q', '-i', String(every), '-c', count, '-W', '1', address];
  return new Promise((resolve) => {
    const child = spawn('ping', argv, {
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
