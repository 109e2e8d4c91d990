import type { Static } from 'typebox';
import { by, type Place } from '#base';
import { Address, AddressRange, type Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Dhcp, Segment, SegmentSite } from '../network.ts';
import { entriesOf, type Loose, originOf, placeOf, placeOfKey, textsOf } from '../origin.ts';
import { readRanges } from '../ranges.ts';
import { section } from '../section.ts';
import { Layout } from '../segments/layout.ts';
import { placeStations } from '../segments/place-stations.ts';
import { propose } from '../segments/propose.ts';
import * as words from '../vocabulary.ts';

const DhcpSchema = words.mapping(
  {
    by: words.optional(
      words.oneOf(['hawser', 'cloud', 'none'], {
        description:
          'Who answers: the gateway, the cloud of the site, or nobody. No answer crosses to another site.',
        default: 'hawser',
      }),
    ),
    address: words.optional(
      words.atLeastOne({
        description:
          'From which address, one for each of IPv4 and IPv6 at most; no pool may hold it.',
        examples: ['10.101.128.0'],
      }),
    ),
    forward: words.optional(
      words.atLeastOne({
        description:
          'Whom it asks for the names of others: it reaches them as the machines do, by the router of the segment and its egress list. Without it, such names are refused: what is asked for may carry data out.',
        examples: ['130.238.7.10'],
      }),
    ),
  },
  {
    title: 'DHCP',
    description: 'Who gives the machines of this site their addresses.',
    examples: [{ address: '10.101.0.3', by: 'cloud' }],
  },
);

const SegmentSiteSchema = words.mapping(
  {
    pool: words.atLeastOne({
      description:
        'The addresses of the machines there, as `first-last`, one for each of IPv4 and IPv6 at most. `hawser check --suggest` proposes some.',
      examples: ['10.101.128.1-10.101.255.254'],
    }),
    port: words.text(
      {
        description:
          'The device of the first gateway of the site on which these machines are. It is the segment’s alone, unless `vlan` says otherwise, and holds no address.',
        examples: ['eth1'],
      },
      'interface',
    ),
    vlan: words.optional(
      words.whole(1, 4094, {
        description: 'The 802.1Q tag of their frames on that port; without it they have none.',
        examples: [1203],
      }),
    ),
    mode: words.optional(
      words.oneOf(['bridge', 'proxy'], {
        description:
          'How the port joins them: their frames pass as they are, or the gateway routes and answers ARP and neighbour discovery itself, so that its own MAC address is the only one of ours on that port. For clouds that drop foreign ones. Without it a site whose first gateway is an OpenStack instance is in `proxy` mode, unless its DHCP server is ours or the segment floods.',
        default: 'bridge',
      }),
    ),
    dhcp: words.optional(DhcpSchema),
  },
  {
    title: 'Site of a segment',
    description: 'Where a segment meets a site.',
    examples: [{ pool: '10.101.0.4-10.101.127.255', port: 'eth1' }],
  },
);

const SegmentSchema = words.mapping(
  {
    vni: words.whole(1, 16777215, {
      description: 'Its VXLAN network identifier, which no other segment has (RFC 7348).',
      examples: [1203],
    }),
    subnet: words.atLeastOne({
      description: 'Its range, or two: one of IPv4 and one of IPv6.',
      examples: ['10.101.0.0/16'],
    }),
    router: words.optional(
      words.atLeastOne({
        description:
          'The address of its router, one in each subnet at most; no pool may hold it. Machines at other sites find the router if it is one of `routers`, or stands among the hosts of its site.',
        examples: ['10.101.0.1'],
      }),
    ),
    dns: words.optional(
      words.atLeastOne({
        description:
          'Whom our DHCP servers tell its machines to ask for names. Those of our DHCP servers that are among them answer for its machines’ names.',
        examples: [['10.101.128.0']],
      }),
    ),
    pool: words.optional(
      words.atLeastOne({
        description:
          'The addresses of members that join it alone, as `first-last`, one for each of IPv4 and IPv6 at most; in no pool of a site.',
        examples: ['10.101.0.2-10.101.0.2'],
      }),
    ),
    flood: words.optional(
      words.yesOrNo({
        description:
          'Whether broadcasts, multicasts and frames for machines that nobody knows go to all sites, too, if a machine sends them that its gateway knows, by the file or by sight. DHCP and neighbour discovery stay at home all the same, and sites in proxy mode have no part.',
        default: false,
      }),
    ),
    sites: words.named(SegmentSiteSchema, 'site', {
      description: 'The sites it reaches, by their names.',
    }),
  },
  {
    title: 'Segment',
    description: 'One layer-2 network across several sites.',
    examples: [
      {
        vni: 1203,
        subnet: '10.101.0.0/16',
        sites: { knox: { pool: '10.101.128.1-10.101.255.254', port: 'eth1' } },
      },
    ],
  },
);

const Segments = words.named(SegmentSchema, 'segment', {
  description: 'Layer-2 networks that reach across sites, inside the tunnels.',
});

type SegmentSource = Loose<Static<typeof SegmentSchema>>;
type SiteSource = Loose<Static<typeof SegmentSiteSchema>>;

export const segments = section({
  schema: Segments,
  read(value, draft): readonly Segment[] {
    const all = entriesOf(value);
    const stations = placeStations(
      all.map(([name]) => name),
      draft,
    );
    return all
      .map(([name, source]) => {
        const place = placeOfKey(value, name);
        return readSegment({ name, place, source, stations: stations.get(name) ?? [] }, draft);
      })
      .sort(by((segment) => segment.name));
  },
});

interface Reading {
  readonly name: string;
  readonly place: Place;
  readonly source: SegmentSource;
  readonly stations: Draft['stations'];
}

function readSegment({ name, place, source, stations }: Reading, draft: Draft): Segment {
  const subnets = readSubnets(name, source, draft);
  const layout = new Layout(name, subnets, draft);
  const routers = layout.reserve(textsOf(source, 'router'), 'router');
  const written = entriesOf(source.sites);
  const answering = written.map(([site, from]) => readDhcp(site, from, layout, draft));
  const sites = written.map(([site, from], index): SegmentSite => {
    const at = { text: site, place: placeOfKey(source.sites, site) };
    draft.names.expect(at, 'site', ['site']);
    return {
      site,
      pools: layout.claimPools(site, readPools(from, draft)),
      port: from.port ?? '',
      ...(from.vlan !== undefined && { vlan: from.vlan }),
      mode: from.mode ?? 'bridge',
      dhcp: answering[index] ?? noDhcp,
      ...located(from, at.place),
    };
  });
  const pools = layout.claimPools(undefined, readPools(source, draft));
  const alone = stations.filter(({ isAlone }) => isAlone);
  const hasMembers = alone.length > 0 || pools.length > 0;
  draft.proposals.push(...propose({ name, subnets, routers, sites, stations, hasMembers }));
  if (source.pool === undefined) reportPoolless(name, alone, draft);
  sites.push(...alone.map((member) => siteOf(member, pools)));
  return {
    name,
    vni: source.vni ?? 0,
    subnets,
    routers,
    dns: textsOf(source, 'dns').flatMap((at) => draft.parse(at, Address.parse) ?? []),
    flood: source.flood ?? false,
    sites: sites.sort(by(({ site }) => site)),
    stations: layout.settle(sites, stations),
    ...located(source, place),
  };
}

const readPools = (source: { readonly pool?: SiteSource['pool'] }, draft: Draft) =>
  textsOf(source, 'pool').flatMap((at) => {
    const range = draft.parse(at, AddressRange.parse);
    return range ? [{ range, at }] : [];
  });

function reportPoolless(name: string, [first]: Draft['stations'], draft: Draft): void {
  if (!first) return;
  const args = { segment: name, name: first.name };
  draft.report(errors.diagnostic('spec/segment-without-pool', args, first.segment));
}

/** A member alone. */
const siteOf = (
  { site, place, fields }: Draft['stations'][number],
  pools: readonly AddressRange[],
): SegmentSite => ({ site, pools, port: '', mode: 'alone', dhcp: noDhcp, place, fields });

/** One per family at most. */
function readSubnets(name: string, source: SegmentSource, draft: Draft): readonly Prefix[] {
  const texts = textsOf(source, 'subnet');
  const subnets = readRanges(texts, (text) => `subnet ${text} of segment \`${name}\``, draft);
  const [first, second] = subnets;
  if (subnets.length > 2 || (second && first?.family === second.family)) {
    const where = { place: placeOf(source, 'subnet') };
    draft.report(errors.diagnostic('spec/segment-subnets', { segment: name }, where));
  }
  return subnets;
}

const noDhcp: Dhcp = { by: 'none', addresses: [], forward: [] };

function readDhcp(site: string, { dhcp }: SiteSource, layout: Layout, draft: Draft): Dhcp {
  if (dhcp === undefined) return noDhcp;
  // Of a word that is none nothing follows.
  const by = dhcp.by ?? ('by' in originOf(dhcp).fields ? 'none' : 'hawser');
  const texts = textsOf(dhcp, 'address');
  if (by === 'hawser' && texts.length === 0) {
    const args = { what: '`dhcp`', key: 'address', example: '10.101.128.0' };
    draft.report(errors.diagnostic('spec/missing-key', args, { place: placeOf(dhcp) }));
  }
  const addresses = layout.reserve(texts, 'DHCP server', site);
  const forward = textsOf(dhcp, 'forward').flatMap((at) => draft.parse(at, Address.parse) ?? []);
  return { by, addresses: addresses.toSorted((a, b) => a.compare(b)), forward };
}
