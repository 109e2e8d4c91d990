import { spawn } from 'node:child_process';
import type { Loaded } from '#api';
import type { Enter } from '../../sockets.ts';
import type { Load, Serve } from './own.ts';

/** ms besides those of the measurement. */
const patience = 8_000;

/** `iperf3 -s` for one measurement. @returns what ends it, and resolves when its port is free. @throws ENOENT: it is not there */
export function serveIperf(
  { address, port, seconds }: Serve,
  enter: Enter = [],
): Promise<() => Promise<void>> {
  const words = ['-s', '-1', '--forceflush', '-B', address, '-p', String(port)];
  const [program = '', ...argv] = [...enter, 'iperf3', ...words];
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = (): Promise<void> => {
    clearTimeout(timer);
    child.kill('SIGKILL');
    return gone;
  };
  const timer = setTimeout(() => void end(), seconds * 1000 + patience);
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (part: string): void => {
      said += part;
      if (/Server listening/.test(said)) resolve(end);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      reject(new Error(said.trim() || 'iperf3 ended'));
    });
  });
}

interface Report {
  readonly error?: string;
  readonly start?: { readonly tcp_mss_default?: number };
  readonly end?: {
    readonly sum_sent?: { readonly bytes: number; readonly retransmits?: number };
    readonly sum_received?: { readonly bytes: number; readonly seconds: number };
  };
}

/** What `iperf3 -J` found. Pure. @throws what it says went wrong */
export function loadedIn(text: string): Loaded {
  const { error, start, end } = JSON.parse(text) as Report;
  const { sum_sent: sent, sum_received: received } = end ?? {};
  if (error !== undefined || !received) throw new Error(error ?? 'iperf3 says nothing');
  const segment = start?.tcp_mss_default ?? 0;
  const isKnown = segment > 0 && sent?.retransmits !== undefined;
  return {
    bytes: received.bytes,
    seconds: received.seconds,
    ...(isKnown && { again: sent.retransmits, segments: Math.ceil(sent.bytes / segment) }),
  };
}

/** Measures one direction, no faster than its bytes last for its seconds. */
export async function loadIperf(
  { address, port, direction, seconds, bytes }: Load,
  enter: Enter = [],
): Promise<Loaded> {
  const rate = String(Math.floor((bytes * 8) / seconds));
  const words = ['-J', '-c', address, '-p', String(port), '-t', String(seconds), '-b', rate];
  const way = direction === 'back' ? ['-R'] : [];
  const [program = '', ...argv] = [...enter, 'iperf3', ...words, ...way];
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + patience);
  const said = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
  return loadedIn(await said.finally(() => clearTimeout(timer)));
}
