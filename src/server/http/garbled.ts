import { maxHeaderSize } from 'node:http';
import type { Socket } from 'node:net';
import { apiErrors, problemType } from '#api';
import { problemWith } from './problems.ts';

/** What Node's HTTP parser gives up on, by its code; all else is a bad request. */
const statusOf: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers on a connection on which no request could be read, in the words of all other problems, and ends it. */
export function answerGarbled(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const status = statusOf[error.code ?? ''] ?? 400;
  const args = { why: error.message, most: maxHeaderSize };
  const problem = problemWith(apiErrors.error('api/garbled', args), status);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${problem.title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
