import { type Logger, pino } from 'pino';

/** What must not reach a log, wherever it stands. */
const secrets = ['token', 'secret', 'authorization', 'passphrase', 'key'];
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * JSON lines on standard error: all of them for a journal, warnings only for a person at a terminal.
 * HAWSER_LOG says otherwise: trace, debug, info, warn, error.
 */
export function serverLog(): Logger {
  const level = process.env['HAWSER_LOG'] || (process.stderr.isTTY ? 'warn' : 'info');
  const timestamp = pino.stdTimeFunctions.isoTime;
  return pino({ level, redact, timestamp, base: null }, pino.destination({ fd: 2, sync: true }));
}
