import type { FastifyRequest } from 'fastify';
import type { Ends } from '../hub/wire.ts';

/** An IPv4 address as such, also where both families share a socket. */
const bare = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/, '');

/** Where a request comes from. */
export const addressOf = ({ ip }: FastifyRequest): string => bare(ip);

export const endsOf = (request: FastifyRequest): Ends => ({
  address: addressOf(request),
  own: bare(request.socket.localAddress ?? ''),
});
