import type { Place } from '#base';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { type Loose, placeOf } from '../origin.ts';

type Source = Loose<{ external: boolean; namespace: string; uplink: object; forwards: object }>;

/** A name that ip-netns(8) takes, and that is none of ours, nor the agent's own. */
const isNamespace = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(text) && !text.startsWith('hw-') && text !== 'root';

/** The namespace of a router that is there already; none where the router is ours. */
export function readExternal(
  name: string,
  source: Source,
  place: Place,
  draft: Draft,
): string | undefined {
  const { external = false, namespace = name } = source;
  const refuse = (field: string, why: string): void =>
    draft.report(
      errors.diagnostic('spec/external', { router: name, why }, { place: placeOf(source, field) }),
    );
  if (!external) {
    if (source.namespace !== undefined) refuse('namespace', '`namespace` is for `external` ones');
    if (source.uplink === undefined) {
      const args = {
        what: `\`${name}\``,
        key: 'uplink',
        example: '{ address: 10.5.0.2/24, via: 10.5.0.1 }',
      };
      draft.report(errors.diagnostic('spec/missing-key', args, { place }));
    }
    return undefined;
  }
  if (source.uplink !== undefined)
    refuse('uplink', 'its own routes lead out, so it has no `uplink`');
  if (source.forwards !== undefined)
    refuse('forwards', 'what comes in is for itself to say, so it has no `forwards`');
  const other = draft.externals.get(namespace);
  if (!isNamespace(namespace))
    refuse(
      source.namespace === undefined ? 'external' : 'namespace',
      `no network namespace of others is called \`${namespace}\``,
    );
  else if (other !== undefined)
    refuse(
      source.namespace === undefined ? 'external' : 'namespace',
      `router \`${other}\` has the namespace \`${namespace}\` already`,
    );
  draft.externals.set(namespace, other ?? name);
  return namespace;
}
