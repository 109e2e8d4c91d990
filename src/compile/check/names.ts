import type { Diagnostic } from '#base';
import type { NamesResult } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { resolversOf } from '../names/resolvers.ts';

/** What is wrong with how names are found, that the file alone does not show. */
export function checkNames(model: Model): readonly Diagnostic[] {
  const { dns } = model.network;
  if (!dns || dns.forward.length === 0) return [];
  const place = dns.fields.forward ?? dns.place;
  const resolvers = resolversOf(model);
  if (resolvers.length === 0) {
    const where = { place, severity: 'warning' } as const;
    return [compileErrors.diagnostic('compile/forward-without-resolver', {}, where)];
  }
  return dns.forward.flatMap((address) => {
    const own = resolvers.find(({ overlay }) => overlay.some((one) => one.equals(address)));
    if (!own) return [];
    const args = { address: `${address}`, machine: own.name };
    return compileErrors.diagnostic('compile/forward-to-itself', args, {
      place,
      text: `${address}`,
    });
  });
}

export const namesResult = (model: Model): NamesResult | undefined =>
  model.network.dns && {
    zone: model.network.dns.zone,
    resolvers: resolversOf(model).map(({ name, overlay }) => ({
      machine: name,
      addresses: overlay.map(String),
    })),
  };
