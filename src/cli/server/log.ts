import { type DestinationStream, type Logger, pino } from 'pino';
import { harmless } from '../output.ts';
import type { LogForm } from './log-form.ts';

/** What must not reach a log, wherever it stands. */
const secrets = ['token', 'secret', 'authorization', 'passphrase', 'key'];
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * The log on standard error: lines for a person at a terminal, JSON for a journal, unless said. A person is
 * told of warnings only. HAWSER_LOG says otherwise: trace, debug, info, warn, error.
 */
export function serverLog(form: LogForm = process.stderr.isTTY ? 'text' : 'json'): Logger {
  const level = process.env['HAWSER_LOG'] || (process.stderr.isTTY ? 'warn' : 'info');
  const options = { level, redact, timestamp: pino.stdTimeFunctions.isoTime, base: null };
  return pino(options, form === 'json' ? pino.destination({ fd: 2, sync: true }) : text);
}

const text: DestinationStream = {
  write: (line) => void process.stderr.write(`${harmless(logLine(line))}\n`),
};

/** A line of the log as JSON, for a person: time, level, what happened, and what else is known of it. */
export function logLine(json: string): string {
  const { level, time, msg = '', err, ...rest } = JSON.parse(json) as Entry;
  const known = Object.entries(rest).map(([name, value]) => `${name}=${wordOf(value)}`);
  const { message } = err ?? {};
  const told = [msg, message].filter(Boolean).join(': ');
  const { stack } = pino.levels.values['error'] === level ? (err ?? {}) : {};
  const line = [time, pino.levels.labels[level] ?? String(level), told, ...known].join('  ');
  return stack === undefined ? line : `${line}\n${stack.replaceAll(/^/gm, '    ')}`;
}

interface Entry {
  readonly level: number;
  readonly time: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
