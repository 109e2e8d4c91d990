import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { apiErrors } from '#api';
import type { Metrics } from '../metrics.ts';

/** Describes all routes that are added after it (OpenAPI 3.1). */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Hawser', description: 'The server of Hawser networks', version: '1' },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      },
      security: [{ token: [] }],
    },
  });
}

export interface OwnRoutes {
  readonly metrics: Metrics;
  /** What keeps the server from its work; undefined if nothing does. */
  readonly trouble: () => Promise<string | undefined>;
}

/** Routes about the server itself, for monitors and for people who read the API. */
export function addOwnRoutes(app: FastifyInstance, { metrics, trouble }: OwnRoutes): void {
  const schema = { hide: true };
  const open = { schema, config: { permission: 'public' } } as const;
  app.get('/openapi.json', open, async () => app.swagger());
  app.get('/healthz', open, async () => ({ status: 'ok' }));
  app.get('/readyz', open, async () => {
    const why = await trouble();
    if (why !== undefined) throw apiErrors.error('api/unavailable', { why });
    return { status: 'ok' };
  });
  app.get('/metrics', { schema, config: { permission: 'read' } }, async ({ actor }, reply) =>
    reply.type(metrics.contentType).send(await metrics.text(actor?.network)),
  );
}
