import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { apiErrors, installerPath, packagePath } from '#api';
import type { PackageFolder } from '../installer/packages.ts';
import { installerScript } from '../installer/script.ts';

export interface InstallerRoutes {
  readonly packages: PackageFolder;
  readonly servers: () => readonly string[];
  readonly pin: string | undefined;
}

/**
 * Hands out Hawser itself, so that a bare machine needs nothing but this server. Public: nothing here is
 * a secret, and the machine has proven nothing yet.
 */
export function addInstaller(app: FastifyInstance, init: InstallerRoutes): void {
  const { packages, servers, pin } = init;
  const open = { schema: { hide: true }, config: { permission: 'public' } } as const;
  app.get(installerPath, open, async (_request, reply) => {
    const list = await packages.list();
    if (list.length === 0) {
      throw apiErrors.error('api/not-found', { what: 'package of Hawser on this server' });
    }
    const script = installerScript({ servers: servers(), pin, packages: list });
    return reply.type('text/x-shellscript; charset=utf-8').send(script);
  });
  app.get(packagePath(':name'), open, async (request, reply) => {
    const { name } = request.params as { readonly name: string };
    const found = await packages.find(name);
    if (!found) throw apiErrors.error('api/not-found', { what: `package ${name}` });
    const typed = reply.type('application/octet-stream').header('content-length', found.size);
    return typed.send(createReadStream(found.path));
  });
}
