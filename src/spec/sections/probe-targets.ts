import { didYouMean } from '#base';
import { Address } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { readInSite, type Surroundings } from '../machine.ts';
import type { Host, Machine, ProbeTarget } from '../network.ts';
import type { Text } from '../origin.ts';
import * as words from '../vocabulary.ts';

export const Probe = words.atLeastOne({
  description:
    'What behind the gateway is asked, through it, whether packets come back: hosts of the site by name, or addresses in its subnets that answer `ping`. Without it three of its hosts, drawn by lot; where it has none, the gateway alone is asked.',
  examples: ['192.168.66.1', 'worker-1'],
});

interface Around extends Surroundings {
  readonly machines: readonly Machine[];
  readonly hosts: readonly Host[];
}

/** What is to be asked behind a gateway; whatever cannot be is reported. */
export const readProbeTargets = (
  texts: readonly Text[],
  around: Around,
  draft: Draft,
): readonly ProbeTarget[] => texts.flatMap((at) => readOne(at, around, draft));

function readOne(at: Text, around: Around, draft: Draft): readonly ProbeTarget[] {
  const { text, place } = at;
  if (!/[.:]/.test(text)) return named(at, around, draft);
  const address = draft.parse(at, Address.parse);
  if (!address || !readInSite(`sites.${around.site}.probe`, address, at, around, draft)) return [];
  const has = ({ addresses }: Pick<Host, 'addresses'>): boolean =>
    addresses.some(({ local }) => local.equals(address));
  const own = around.machines.find(has);
  if (own) return ofItself(at, own, draft);
  const host = around.hosts.find(has);
  return [{ name: host?.name ?? text, address: { local: address, presented: address }, place }];
}

/** Of a host with two addresses the first, as hosts list them. */
function named(at: Text, around: Around, draft: Draft): readonly ProbeTarget[] {
  const { text, place } = at;
  const host = around.hosts.find(({ name }) => name === text);
  if (host) {
    return host.addresses.slice(0, 1).map((address) => ({ name: text, address, place }));
  }
  const own = around.machines.find(({ name }) => name === text);
  if (own) return ofItself(at, own, draft);
  const names = around.hosts.map(({ name }) => name);
  const args = { kind: `host in site \`${around.site}\`:`, name: text };
  const hint = didYouMean(text, names, 'host');
  draft.report(errors.diagnostic('spec/unknown-name', { ...args, hint }, { place, text }));
  return [];
}

function ofItself({ text, place }: Text, { name }: Machine, draft: Draft): readonly [] {
  draft.report(errors.diagnostic('spec/probes-itself', { name }, { place, text }));
  return [];
}
