import { request } from 'node:https';

export interface Question {
  readonly url: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A request without the client's own checks and repetitions: what is measured is the server. */
async function send({ url, method, path, body, token }: Question): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const options = { method, headers, rejectUnauthorized: false };
    const sent = request(new URL(path, url), options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** A request that has to succeed; its answer as text. */
export async function ask(question: Question): Promise<string> {
  const { status, text } = await send(question);
  if (status < 300) return text;
  throw new Error(`${question.method} ${question.path}: ${status} ${text.slice(0, 500)}`);
}
