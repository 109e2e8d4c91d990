import type { Place } from '#base';
import { Address, isHostName, Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Egress, Port } from '../network.ts';
import { type Loose, placeOf, type Text, textsOf } from '../origin.ts';
import { formatPort, parsePort } from '../text/port.ts';

type EgressSource =
  | string
  | Loose<{ to: string; internet: boolean; ports: string | readonly string[] }>;

/** A range or an address; @throws ip/... */
const parseTarget = (text: string): Prefix =>
  text.includes('/') ? Prefix.parse(text) : Prefix.single(Address.parse(text));

/** Neither digits and dots, nor hexadecimal digits and colons; also a URL, and a name with a port. */
const isWord = (text: string): boolean =>
  !text.includes('%') && (/[g-z_*]/i.test(text) || (/[a-f]/i.test(text) && !/[:/]/.test(text)));

/** Where something may go, as a range or by name. */
function readTarget(at: Text, draft: Draft): Pick<Egress, 'to' | 'host'> | undefined {
  if (isWord(at.text)) return readHost(at, draft);
  const to = draft.parse(at, parseTarget);
  if (!to) return undefined;
  if (to.length !== 0) return { to };
  draft.report(errors.diagnostic('spec/egress-everything', at, at));
  return undefined;
}

/** Words for it that are none of ours. */
const everything: ReadonlySet<string> = new Set(['all', 'any', 'internet', '*']);

/** In full: what a name without a dot means depends on the machine that looks it up. */
function readHost(at: Text, draft: Draft): Pick<Egress, 'host'> | undefined {
  const host = at.text.toLowerCase().replace(/\.$/, '');
  if (everything.has(host)) {
    draft.report(errors.diagnostic('spec/egress-everything', at, at));
    return undefined;
  }
  if (isHostName(host) && host.includes('.')) return { host };
  draft.report(errors.diagnostic('spec/egress-name', at, at));
  return undefined;
}

/** One entry of `egress`; none where it says nothing that can be done. */
export function readEgress(
  router: string,
  source: EgressSource,
  place: Place,
  draft: Draft,
): readonly Egress[] {
  if (typeof source === 'string') {
    const target = readTarget({ text: source, place }, draft);
    return target ? [{ text: source, ...target, ports: [], ...located({}, place) }] : [];
  }
  const ports = textsOf(source, 'ports').flatMap((at): Port[] => {
    const port = draft.parse(at, parsePort);
    return port ? [port] : [];
  });
  const [at] = textsOf(source, 'to');
  const internet = source.internet === true;
  if (internet === (at !== undefined)) {
    draft.report(errors.diagnostic('spec/egress-whither', {}, { place }));
    return [];
  }
  if (!at) {
    const where = { place: placeOf(source, 'internet'), severity: 'warning' } as const;
    const by = ports.length === 0 ? '' : `, by ${ports.map(formatPort).join(', ')}`;
    draft.report(errors.diagnostic('spec/egress-internet', { router, ports: by }, where));
    return [{ text: 'internet', ports, ...located(source, place) }];
  }
  const target = readTarget(at, draft);
  return target ? [{ text: at.text, ...target, ports, ...located(source, place) }] : [];
}
