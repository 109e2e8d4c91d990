import { type Diagnostic, HawserError } from '#base';
import type { Change } from '#state';
import type { Failure } from './contract.ts';
import { hostErrors } from './errors.ts';
import { findingOf } from './failure.ts';
import { readJson } from './json.ts';
import type { Run } from './run.ts';

/** One line for `ip -batch` or `bridge -batch`, and the change it makes. */
export interface IpLine {
  readonly line: string;
  readonly change: Change;
}

/** What `ip del` says of things that went away meanwhile, as with their device. */
const alreadyGone =
  /No such process|No such file|Cannot assign requested address|Cannot find device|Cannot find specified qdisc/;

/** Messages by line number: each stands before its `Command failed -:N`. */
function messagesByLine(stderr: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  let message: string[] = [];
  for (const line of stderr.split('\n')) {
    const failed = /^Command failed -:(\d+)/.exec(line);
    if (failed) {
      found.set(Number(failed[1]), message.join(' ').trim());
      message = [];
    } else {
      message.push(line);
    }
  }
  return found;
}

function commandFailed(program: string, line: string, said: string): Diagnostic {
  const argv = `${program} ${line}`;
  return findingOf(hostErrors.error('host/command-failed', { argv, exit: 1, stderr: said }));
}

function failuresOf(program: string, lines: readonly IpLine[], error: unknown): Failure[] {
  const stderr = error instanceof HawserError ? (error.text ?? '') : '';
  const messages = messagesByLine(stderr);
  if (messages.size === 0) {
    const finding = findingOf(error);
    return lines.map(({ change }) => ({ change, error: finding }));
  }
  return lines.flatMap(({ line, change }, index) => {
    const said = messages.get(index + 1);
    if (said === undefined) return [];
    if (change.kind === 'remove' && alreadyGone.test(said)) return [];
    return [{ change, error: commandFailed(program, line, said) }];
  });
}

/** Runs all lines in one process; a line that fails does not stop the others. */
export async function ipBatch(
  run: Run,
  lines: readonly IpLine[],
  options: readonly string[] = [],
  program: 'ip' | 'bridge' = 'ip',
): Promise<readonly Failure[]> {
  if (lines.length === 0) return [];
  const stdin = `${lines.map(({ line }) => line).join('\n')}\n`;
  try {
    await run('write', [program, ...options, '-force', '-batch', '-'], { stdin });
    return [];
  } catch (error) {
    return failuresOf(program, lines, error);
  }
}

/** Runs all lines in one process, up to the first that fails. @throws host/command-... */
export async function ipLines(run: Run, lines: readonly string[]): Promise<void> {
  await run('write', ['ip', '-batch', '-'], { stdin: `${lines.join('\n')}\n` });
}

/** What several commands show, asked in one process: `ip` prints a line of JSON for each that succeeds. */
export async function ipBatchRead(
  run: Run,
  lines: readonly string[],
  options: readonly string[],
  exits: readonly number[] = [0],
): Promise<readonly (readonly unknown[])[]> {
  const stdin = `${lines.join('\n')}\n`;
  const text = await run('read', ['ip', ...options, '-j', '-batch', '-'], { stdin, exits });
  const said = text.split('\n').filter((line) => line !== '');
  return said.map((line) => readJson<unknown[]>('ip -j', line));
}
