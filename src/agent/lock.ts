import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hostErrors } from '#host';
import { agentErrors } from './errors.ts';
import { permitted } from './permitted.ts';

/** The machine's one lock, whatever the folder of its states. /run is empty after a boot. */
const lockFile = '/run/hawser/agent.lock';

export interface LockOptions {
  readonly file?: string;
  /** How long to wait for another agent, in seconds. */
  readonly patience?: number;
}

/** What flock(1) ends with when somebody else has the lock. */
const conflict = 75;

/**
 * Works on this machine while no other agent does. The kernel holds the lock for flock(1), which ends
 * with its standard input, and that with this process, however it ends.
 * @throws agent/busy, agent/not-permitted, host/command-missing
 */
export async function withLock<T>(
  work: () => Promise<T>,
  { file = lockFile, patience = 10 }: LockOptions = {},
): Promise<T> {
  permitted(file, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  });
  const keeper = spawnKeeper(file, patience);
  const ended = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
  try {
    await locked(keeper, file, patience);
    writeFileSync(file, `${process.pid} ${process.argv.slice(2).join(' ')}\n`);
    return await work();
  } finally {
    keeper.stdin?.end();
    await ended;
  }
}

/** Says back what it hears once it has the lock. In a session of its own, which an interrupt spares. */
const spawnKeeper = (file: string, patience: number): ChildProcess =>
  spawn(
    'flock',
    [
      '--no-fork',
      '--wait',
      String(patience),
      '--conflict-exit-code',
      String(conflict),
      file,
      'cat',
    ],
    { stdio: ['pipe', 'pipe', 'ignore'], detached: true, env: { ...process.env, LC_ALL: 'C' } },
  );

const locked = (keeper: ChildProcess, file: string, patience: number): Promise<void> =>
  new Promise((resolve, reject) => {
    keeper.once('error', (cause) =>
      reject(hostErrors.error('host/command-missing', { program: 'flock' }, { cause })),
    );
    keeper.stdin?.on('error', () => undefined); // it ended before it heard: its exit says why
    keeper.stdout?.once('data', () => resolve());
    keeper.once('exit', (code) => {
      const args = { argv: `flock ${file}`, exit: String(code), stderr: 'no word' };
      reject(
        code === conflict
          ? agentErrors.error('agent/busy', { holder: holderOf(file), seconds: patience })
          : hostErrors.error('host/command-failed', args),
      );
    });
    keeper.stdin?.write('locked\n');
  });

/** Who wrote itself into the lock, if it is still there; another may have the lock and not say so. */
function holderOf(file: string): string {
  const [pid = '', ...words] = readFileSync(file, 'utf8').trim().split(' ');
  const lives = pid !== '' && existsSync(`/proc/${pid}`);
  return lives ? ` (process ${pid}: hawser ${words.join(' ')})` : '';
}
