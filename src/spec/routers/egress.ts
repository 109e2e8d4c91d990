import type { Place } from '#base';
import { Address, Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Egress, Port } from '../network.ts';
import { type Loose, placeOf, type Text, textsOf } from '../origin.ts';
import { parsePort } from '../text/port.ts';

type EgressSource =
  | string
  | Loose<{ to: string; internet: boolean; ports: string | readonly string[] }>;

/** A range or an address; @throws ip/... */
const parseTarget = (text: string): Prefix =>
  text.includes('/') ? Prefix.parse(text) : Prefix.single(Address.parse(text));

function readTarget(at: Text, draft: Draft): Prefix | undefined {
  const prefix = draft.parse(at, parseTarget);
  if (prefix?.length !== 0) return prefix;
  draft.report(errors.diagnostic('spec/egress-everything', at, at));
  return undefined;
}

/** One entry of `egress`; none where it says nothing that can be done. */
export function readEgress(source: EgressSource, place: Place, draft: Draft): readonly Egress[] {
  if (typeof source === 'string') {
    const to = readTarget({ text: source, place }, draft);
    return to ? [{ text: source, to, ports: [], ...located({}, place) }] : [];
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
    draft.report(errors.diagnostic('spec/egress-internet', {}, where));
    return [{ text: 'internet', ports, ...located(source, place) }];
  }
  const to = readTarget(at, draft);
  return to ? [{ text: at.text, to, ports, ...located(source, place) }] : [];
}
