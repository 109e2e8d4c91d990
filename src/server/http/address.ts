import type { FastifyRequest } from 'fastify';

/** Where a request comes from; an IPv4 address as such, also where both families share a socket. */
export const addressOf = ({ ip }: FastifyRequest): string => ip.replace(/^::ffff:(?=[\d.]+$)/, '');
