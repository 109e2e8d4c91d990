import { Address } from '#ip';
import type { Port, Segment } from '#spec';
import type { Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { tableFor } from '../policy/asked.ts';
import { ruleForPort } from '../policy/ports.ts';
import { spaceName } from '../project/segments/space.ts';
import { stationOf } from '../trace/segment.ts';
import { portsOf, type Voice, voicesIn } from './voices.ts';

/** Where machines may be that no file names: the gateway of their site knows of them. */
export interface UnnamedAt {
  readonly site: string;
  readonly machine: string;
  readonly space: string;
  /** Somebody of ours at that site, who may ping them; a gateway alone asks for them on its port. */
  readonly near?: { readonly machine: string; readonly space?: string };
}

/** What there is to try of machines that no file names. */
export interface UnnamedFlows {
  /** Of the addresses that were asked for those that are nobody’s by the file. */
  readonly addresses: readonly string[];
  /** An echo to each of them, from whoever speaks. */
  readonly flows: readonly Trace[];
}

const icmp: Port = { protocol: 'icmp' };

/** Those that a gateway knows on its own port. */
export const unnamedOnPort = (model: Model, segment: Segment, site: string): readonly UnnamedAt[] =>
  portsOf(model, segment)
    .filter((port) => port.site === site)
    .map(({ node }) => ({ site, machine: node.name, space: spaceName(model, segment) }));

/** Those at other sites, for somebody of ours; a member alone finds nobody but whom the file names. */
export function unnamedElsewhere(
  model: Model,
  segment: Segment,
  voice: Voice,
): readonly UnnamedAt[] {
  if (voice.name === voice.site) return [];
  const voices = voicesIn(model, segment);
  return portsOf(model, segment)
    .filter(({ site }) => site !== voice.site)
    .map(({ site, node }) => {
      const one = voices.find((other) => other.site === site);
      const near = one && {
        machine: one.node.name,
        ...(one.space !== undefined && { space: one.space }),
      };
      return {
        ...{ site, machine: node.name, space: spaceName(model, segment) },
        ...(near && { near }),
      };
    });
}

interface Choice {
  readonly segment: string;
  /** Who speaks; absent: nobody does. */
  readonly from?: string | undefined;
  readonly addresses: readonly string[];
}

/** What the file says of addresses that gateways know on their ports, for somebody of ours at another site. */
export function unnamedFlows(model: Model, { segment, from, addresses }: Choice): UnnamedFlows {
  const unnamed = addresses.filter((one) => !stationOf(model, one));
  const found = model.network.segments.find(({ name }) => name === segment);
  const voice = found && voicesIn(model, found).find(({ name }) => name === from);
  return {
    addresses: unnamed,
    flows: voice ? unnamed.flatMap((address) => flowTo(model, voice, address)) : [],
  };
}

function flowTo(model: Model, { name, addresses }: Voice, to: string): readonly Trace[] {
  const target = Address.parse(to);
  const source = addresses.find(({ family }) => family === target.family);
  if (!source) return [];
  const ends = { source: String(source), destination: String(target) };
  return [{ from: name, to, port: icmp, ...ends, hops: [], back: [], ...verdictOf(model, ends) }];
}

/** As both borders judge it: no file says more of it than the policy does of its address. */
function verdictOf(
  model: Model,
  ends: Pick<Trace, 'source' | 'destination'>,
): Pick<Trace, 'verdict' | 'reason'> {
  const table = tableFor(model, ends);
  if (!table) return { verdict: 'allow', reason: 'there is no policy' };
  const rule = ruleForPort(table, icmp);
  return rule
    ? { verdict: 'allow', reason: `rule ${rule.id} lets it pass` }
    : { verdict: 'deny', reason: 'no rule of the policy lets it through' };
}
