/** How a program begins that runs beside other work for months, and keeps little memory to itself. */
interface Lean {
  /** Of V8. A young generation that may grow has grown before anything here could say no. */
  readonly flags: readonly string[];
  /** Of glibc's malloc, bytes (mallopt(3)). */
  readonly env: Readonly<Record<string, string>>;
}

const agent: Lean = {
  flags: [
    '--max-semi-space-size=1',
    '--heap-growing-percent=20',
    '--optimize-for-size',
    '--v8-pool-size=1',
  ],
  env: {},
};

/**
 * Node reads each TLS connection into 64 KiB, of which a small part is ever used. Mapped one by one, the rest of
 * them is no memory; out of the heap, they come to lie between small pieces, and in the end all of it is.
 */
const server: Lean = {
  // Bounded later, in the running program, the young generation stays at its smallest and is collected all the time.
  flags: ['--heap-growing-percent=20', '--min-semi-space-size=16', '--max-semi-space-size=16'],
  env: {
    MALLOC_MMAP_THRESHOLD_: '65536',
    MALLOC_TRIM_THRESHOLD_: '65536',
    MALLOC_TOP_PAD_: '0',
  },
};

/** Whether these words of a command are an agent's that stays. */
export const isStayingAgent = ([command, sub = '']: readonly string[]): boolean =>
  command === 'agent' && ['run', 'supervise'].includes(sub);

/** How a program with these words of a command begins; nothing where Node is left to itself. */
export function leanOf(words: readonly string[]): Lean | undefined {
  const [command, sub] = words;
  if (command === 'server' && sub !== 'reset-admin') return server;
  return isStayingAgent(words) ? agent : undefined;
}

/**
 * Begins this process again, lean, where its command is to be so and it is not yet: V8 and malloc are told when
 * a process begins, and never after.
 */
export function beginLean({ argv, execArgv, execPath, env }: NodeJS.Process): void {
  const [, script = '', ...words] = argv;
  const lean = leanOf(words);
  if (!lean) return;
  const isLean =
    lean.flags.every((flag) => execArgv.includes(flag)) &&
    Object.keys(lean.env).every((name) => env[name] !== undefined);
  if (isLean) return;
  const again = [execPath, ...execArgv, ...lean.flags, script, ...words];
  process.execve?.(execPath, again, { ...env, ...lean.env });
}
