import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deployErrors } from './errors.ts';
import { type Way, wayText } from './way.ts';

export interface SshInit {
  /** Seconds until a connection must stand. */
  readonly connectWithin: number;
  readonly signal?: AbortSignal;
}

/** What is done on the other side, and how long that may take. */
export interface Errand {
  /** A program there and its arguments: plain words, since a shell there reads them. */
  readonly remote: readonly string[];
  /** Given on its standard input. */
  readonly input: string | Readable;
  /** Seconds without a word after which it is given up. */
  readonly patience: number;
  /** In words: `installing`. */
  readonly doing: string;
  /** Told each line that it says on standard error. */
  readonly heard?: (line: string) => void;
}

export interface Ended {
  readonly status: number;
  readonly out: string;
  /** The end of what it said on standard error. */
  readonly err: string;
}

/** ssh(1): the connection itself failed. */
const connectionFailed = 255;

/** What is kept of an answer, and of standard error, characters. */
const longestAnswer = 1 << 22;
const mostHeard = 16_384;

/**
 * The command line of ssh. The system's own configuration and known hosts count; nobody is asked, since
 * nobody could answer for many machines at once.
 */
export function sshArgv(way: Way, { connectWithin }: SshInit, remote: readonly string[]) {
  const { host, user, port, identity, jumps } = way;
  return [
    ...['ssh', '-T', '-o', 'BatchMode=yes', '-o', `ConnectTimeout=${connectWithin}`],
    ...['-o', 'ServerAliveInterval=10', '-o', 'ServerAliveCountMax=3'],
    ...['-o', 'ClearAllForwardings=yes', '-o', 'ForwardAgent=no'],
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(identity === undefined ? [] : ['-i', identity]),
    ...(jumps.length === 0 ? [] : ['-J', jumps.join(',')]),
    ...['--', host, ...remote],
  ];
}

/** What a person types to see for himself. */
const lineOf = (way: Way): string =>
  sshArgv(way, { connectWithin: 10 }, ['true'])
    .filter((word, at, all) => word !== '-T' && word !== '-o' && all[at - 1] !== '-o')
    .join(' ');

/** What a program said last, for a message. */
export const lastWords = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-3)
    .join('; ') || 'no word';

/**
 * Runs something over ssh to its end.
 * @throws deploy/no-ssh, deploy/unreachable, deploy/silent, deploy/stopped
 */
export async function overSsh(way: Way, errand: Errand, init: SshInit): Promise<Ended> {
  if (init.signal?.aborted) throw deployErrors.error('deploy/stopped', {});
  const [program = '', ...args] = sshArgv(way, init, errand.remote);
  // In a session without a terminal, so that neither ssh nor its jumps ask anybody anything.
  const child = spawn(program, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, SSH_ASKPASS_REQUIRE: 'never' },
  });
  const call = new Call(child, way, errand);
  const abort = (): void => call.end('stopped');
  init.signal?.addEventListener('abort', abort, { once: true });
  try {
    return await call.ended;
  } finally {
    init.signal?.removeEventListener('abort', abort);
  }
}

/** One ssh that runs. */
class Call {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #way: Way;
  readonly #errand: Errand;
  #out = '';
  #err = '';
  /** Why it was ended before its time. */
  #cut: 'silent' | 'stopped' | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, way: Way, errand: Errand) {
    this.#child = child;
    this.#way = way;
    this.#errand = errand;
    this.#wait();
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      if (this.#out.length < longestAnswer) this.#out += part;
      this.#wait();
    });
    child.stderr?.setEncoding('utf8').on('data', (part: string) => this.#hear(part));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(deployErrors.error('deploy/no-ssh', {}, { cause })));
      child.once('close', (status) => {
        clearTimeout(this.#timer);
        const error = this.#failure(status ?? connectionFailed);
        if (error) reject(error);
        else resolve({ status: status ?? connectionFailed, out: this.#out, err: this.#err });
      });
    });
    void this.#give();
  }

  /** What is given may not be wanted: who ended early is judged by how. */
  async #give(): Promise<void> {
    const { stdin } = this.#child;
    if (!stdin) return;
    const { input } = this.#errand;
    try {
      if (typeof input === 'string') stdin.end(input);
      else
        await pipeline(
          input.on('data', () => this.#wait()),
          stdin,
        );
    } catch {
      stdin.destroy();
    }
  }

  #hear(part: string): void {
    this.#wait();
    for (const line of part.split('\n')) if (line.trim() !== '') this.#errand.heard?.(line.trim());
    this.#err = (this.#err + part).slice(-mostHeard);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end('silent'), this.#errand.patience * 1000);
  }

  /** Ends it with the hops that it started. */
  end(why: 'silent' | 'stopped'): void {
    this.#cut ??= why;
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  #failure(status: number): Error | undefined {
    const way = wayText(this.#way);
    const { patience: seconds, doing } = this.#errand;
    if (this.#cut === 'stopped') return deployErrors.error('deploy/stopped', {});
    if (this.#cut === 'silent') return deployErrors.error('deploy/silent', { way, seconds, doing });
    if (status !== connectionFailed) return undefined;
    const said = lastWords(this.#err);
    return deployErrors.error('deploy/unreachable', { way, said, line: lineOf(this.#way) });
  }
}
