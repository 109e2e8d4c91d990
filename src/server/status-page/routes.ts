import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiErrors, PublicStatus, publicStatusPath } from '#api';
import { Address, Prefix } from '#ip';
import { addressOf } from '../http/address.ts';
import type { Hub } from '../hub/hub.ts';
import type { Snapshot } from '../network/snapshot.ts';
import { PublicStatuses } from './public-status.ts';

/** Whether an address is one of the network's own, and the file says that those may look. */
export function mayLook({ statusPage, overlay }: Snapshot, address: string): boolean {
  const from = Address.tryParse(address.replace(/^::ffff:/, ''));
  if (!statusPage || !from) return false;
  return overlay.some((prefix) => Prefix.parse(prefix).contains(from));
}

/** @throws api/not-found: also for who may not look, so that nobody learns what there is */
function requireLooker(hub: Hub, request: FastifyRequest): void {
  if (mayLook(hub.network.snapshot, addressOf(request))) return;
  throw apiErrors.error('api/not-found', { what: 'status page for who asks from there' });
}

/** What the status page asks for. `hub`: @throws api/no-network */
export function addPublicStatus(app: FastifyInstance, hub: (network: string) => Hub): void {
  const statuses = new PublicStatuses();
  // What the schema does not name is dropped.
  const schema = { hide: true, response: { 200: PublicStatus } };
  const open = { schema, config: { permission: 'public' } } as const;
  app.get(publicStatusPath(':network'), open, async (request, reply) => {
    const { network } = request.params as { readonly network: string };
    const found = hub(network);
    requireLooker(found, request);
    return reply.header('cache-control', 'no-store').send(await statuses.of(found));
  });
}
