import type { Static } from 'typebox';
import type { Place } from '#base';
import { by } from '#base';
import type { Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located, readTags, reportSmallMtu, type Surroundings } from '../machine.ts';
import type { Site } from '../network.ts';
import { entriesOf, type Loose, placeOf, placeOfKey, textsOf } from '../origin.ts';
import { readRanges } from '../ranges.ts';
import { section } from '../section.ts';
import { readSshDefaults } from '../ssh.ts';
import * as words from '../vocabulary.ts';
import { Gateways, readGateways } from './gateways.ts';
import { Hosts, readHosts } from './hosts.ts';
import { Nodes, readNodes } from './nodes.ts';
import { Probe, readProbeTargets } from './probe-targets.ts';

const SiteSchema = words.mapping(
  {
    subnets: words.optional(
      words.oneOrMany({
        description: 'The ranges that lie behind the gateways, or hold the nodes.',
        examples: [['192.168.66.0/24']],
      }),
    ),
    mtu: words.optional(words.Mtu),
    nat: words.optional(words.NatKind),
    tags: words.optional(words.Tags),
    gateways: words.optional(Gateways),
    nodes: words.optional(Nodes),
    hosts: words.optional(Hosts),
    probe: words.optional(Probe),
    ssh: words.optional(words.SshDefaults),
  },
  {
    title: 'Site',
    description: 'A cloud, a cluster or an office: machines that share a network.',
    examples: [{ subnets: ['192.168.66.0/24'], gateways: { master: { address: '192.168.66.4' } } }],
  },
  ['kubernetes', 'presented', 'rank', 'lanes'],
);

const Sites = words.named(SiteSchema, 'site', {
  description: 'The places the network joins: clouds, clusters, offices.',
});

export const sites = section({
  schema: Sites,
  read(value, draft): readonly Site[] {
    const all = entriesOf(value);
    for (const [name] of all) draft.names.declare(name, 'site', placeOfKey(value, name));
    return all
      .map(([name, source]) => readSite(name, source, placeOfKey(value, name), draft))
      .sort(by((site) => site.name));
  },
});

type SiteSource = Loose<Static<typeof SiteSchema>>;

function readSite(name: string, source: SiteSource, place: Place, draft: Draft): Site {
  const texts = textsOf(source, 'subnets');
  const subnets = readRanges(texts, (text) => `subnet ${text} of site \`${name}\``, draft);
  const unreadable = texts.length > 0 && subnets.length === 0;
  const nat = source.nat ?? 'port-preserving';
  const ssh = readSshDefaults(source.ssh, draft.defaults.ssh, draft);
  const around: Surroundings = { site: name, subnets, unreadable, nat, ssh };
  checkMtu(name, source, subnets, draft);
  const gateways = readGateways(source.gateways, around, draft);
  const nodes = readNodes(source.nodes, around, draft);
  if (gateways.length > 0 && nodes.length > 0) {
    const where = { place: placeOf(source, 'nodes') };
    draft.report(errors.diagnostic('spec/gateways-and-nodes', { site: name }, where));
  }
  const hosts = [...readHosts(source.hosts, around, draft)].sort(by((host) => host.name));
  const behind = { ...around, machines: [...gateways, ...nodes], hosts };
  return {
    name,
    subnets: subnets.map((prefix) => ({ local: prefix, presented: prefix })),
    ...(source.mtu !== undefined && { mtu: source.mtu }),
    nat,
    gateways,
    nodes,
    hosts,
    probe: readProbeTargets(textsOf(source, 'probe'), behind, draft),
    tags: readTags(source, draft),
    ...located(source, place),
  };
}

function checkMtu(
  name: string,
  source: SiteSource,
  subnets: readonly Prefix[],
  draft: Draft,
): void {
  if (source.mtu === undefined) return;
  const ranges = [...subnets, ...draft.overlay];
  reportSmallMtu(name, source.mtu, ranges, placeOf(source, 'mtu'), draft);
}
