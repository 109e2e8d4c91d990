import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { CustomFetch } from 'openid-client';
import { isLoopback } from './provider.ts';

/** Bytes of an answer; a provider's keys and what it says of a person are far below. */
const most = 1024 * 1024;

/** Asks a provider that these authorities (PEM) vouch for. It follows no redirect. @throws Error that says why not */
export const fetchBy =
  (authorities: string | undefined): CustomFetch =>
  async (address, { method, headers, body, signal }) => {
    const url = new URL(address);
    if (url.protocol !== 'https:' && !isLoopback(url))
      throw new Error(`${url.host} is not reached by https`);
    const options = { method, headers, agent: false, ...(signal && { signal }) };
    const ca = authorities === undefined ? {} : { ca: authorities };
    const sent =
      url.protocol === 'https:' ? secure(url, { ...options, ...ca }) : plain(url, options);
    // After the end, too.
    sent.on('error', () => undefined);
    sent.end(
      typeof body === 'string' || body instanceof URLSearchParams ? body.toString() : undefined,
    );
    try {
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      const { statusCode = 500, headers: said } = answer;
      const type = said['content-type'];
      const bytes = await bodyOf(answer);
      return new Response(statusCode === 204 || statusCode === 304 ? null : bytes, {
        status: statusCode,
        headers: type === undefined ? {} : { 'content-type': type },
      });
    } finally {
      sent.destroy();
    }
  };

async function bodyOf(answer: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
