import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { AlertTarget, Delivery } from '#api';

export type Webhook = Extract<AlertTarget, { kind: 'webhook' }>;

/** Bytes of an answer that are told where it is a refusal. */
const told = 200;

/** HMAC-SHA256 over `TIMESTAMP.BODY`, hex. */
const signatureOf = (secret: string, timestamp: string, body: string): string =>
  createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');

/**
 * Sends alerts to a webhook, signed, and waits until it has taken them: any status from 200 to 299. It follows no
 * redirect. @throws Error that says why it did not
 */
export async function sendToWebhook(
  { url, authorities, secret }: Webhook,
  delivery: Delivery,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<void> {
  const body = JSON.stringify(delivery);
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'hawser',
    'hawser-delivery': delivery.delivery,
    'hawser-timestamp': timestamp,
    'hawser-signature': `sha256=${signatureOf(secret, timestamp, body)}`,
  };
  const options = { method: 'POST', headers, signal, agent: false };
  const sent = url.startsWith('https:')
    ? secure(url, { ...options, ...(authorities !== undefined && { ca: authorities }) })
    : plain(url, options);
  // After the end, too.
  sent.on('error', () => undefined);
  sent.end(body);
  try {
    const [answer] = (await once(sent, 'response', { signal })) as [IncomingMessage];
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return;
    throw new Error(`it answers with status ${statusCode}${await beginningOf(answer, signal)}`);
  } finally {
    sent.destroy();
  }
}

/** What it says of why, as far as that is text. */
async function beginningOf(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= told || signal.aborted) break;
    }
  } catch {
    // The status says enough.
  }
  const text = Buffer.concat(chunks)
    .toString()
    .slice(0, told)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
  return text === '' ? '' : `: ${text}`;
}
