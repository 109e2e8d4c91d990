import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { agentErrors } from '../errors.ts';
import { type Dial, dial } from './dial.ts';

/** ms without a byte after which a download is given up. */
const silence = 30_000;

/** The answer to a request for a path of the very server that is meant. */
async function ask(from: Dial, path: string): Promise<IncomingMessage> {
  const socket = await dial(from);
  const { host } = new URL(from.server);
  return new Promise((resolve, reject) => {
    const headers = { host, connection: 'close' };
    const asked = request({ createConnection: () => socket, path, headers, timeout: silence });
    asked.on('timeout', () => asked.destroy(new Error('it says nothing more')));
    asked.on('error', reject);
    asked.on('response', resolve);
    asked.end();
  });
}

/**
 * Fetches what a server hands out into a file (mode 0600).
 * @returns the SHA-256 of what came, hex
 * @throws agent/no-connection, agent/wrong-server, and what the disk says
 */
export async function download(from: Dial, path: string, file: string): Promise<string> {
  const { server } = from;
  const answer = await ask(from, path).catch((cause: Error) => {
    if (cause.name === 'HawserError') throw cause;
    throw agentErrors.error('agent/no-connection', { server, detail: cause.message }, { cause });
  });
  if (answer.statusCode !== 200) {
    answer.destroy();
    const detail = `it answers with HTTP status ${answer.statusCode ?? 'unknown'} for ${path}`;
    throw agentErrors.error('agent/no-connection', { server, detail });
  }
  const hash = createHash('sha256');
  answer.on('data', (part: Buffer) => hash.update(part));
  await pipeline(answer, createWriteStream(file, { mode: 0o600 }));
  return hash.digest('hex');
}
