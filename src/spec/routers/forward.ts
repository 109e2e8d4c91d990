import type { Place } from '#base';
import { Address } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Forward } from '../network.ts';
import { type Loose, textsOf } from '../origin.ts';
import { parsePort } from '../text/port.ts';

/** One entry of `forwards`: a single port of TCP or UDP, to one of a machine. */
export function readForward(
  source: Loose<{ port: string; to: string; target: number }>,
  place: Place,
  draft: Draft,
): Forward[] {
  const [from] = textsOf(source, 'port');
  const [to] = textsOf(source, 'to');
  const port = from && draft.parse(from, parsePort);
  const address = to && draft.parse(to, Address.parse);
  if (!from || !port || !address) return [];
  if (port.protocol === 'icmp' || port.first !== port.last) {
    draft.report(errors.diagnostic('spec/forward-port', { text: from.text }, from));
    return [];
  }
  const { protocol, first } = port;
  const target = source.target ?? first;
  return [{ protocol, port: first, to: address, target, ...located(source, place) }];
}
