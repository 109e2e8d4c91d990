import type { Static } from 'typebox';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located, readSiteAddresses, readTags, readWas, type Surroundings } from '../machine.ts';
import type { Host } from '../network.ts';
import { entriesOf, type Loose, placeOf, placeOfKey, type Text, textsOf } from '../origin.ts';
import { readSsh, readSshHost } from '../ssh.ts';
import { expandRange, isRange } from '../text/host-range.ts';
import * as words from '../vocabulary.ts';
import { expandEach, readStations } from './stations.ts';

const PlainHost = words.mapping(
  {
    address: words.optional(
      words.atLeastOne({
        description:
          "Its address in the site's subnets, or in the site's pool of its segment, one for each of IPv4 and IPv6 at most. For a range of names a range of addresses. A machine of a segment may go without: it is given one of each pool of its site, and keeps it.",
        examples: ['192.168.66.11', '192.168.66.[11-14]'],
      }),
    ),
    segment: words.optional(
      words.text(
        {
          description:
            'The segment it is a machine of. It then has its place on the port of the site, not in a subnet of it.',
          examples: ['mosler'],
        },
        'name',
      ),
    ),
    mac: words.optional(
      words.atLeastOne({
        description:
          'Of a machine of a segment: its MAC address. For a range of names a list or a range.',
        examples: ['fa:16:3e:8b:c4:6a'],
      }),
    ),
    allow: words.optional(
      words.oneOrMany({
        description:
          'Of a machine of a segment: networks behind it, from whose addresses it may send to other sites as well. None may reach into the segment.',
        examples: ['192.168.0.0/24'],
      }),
    ),
    routes: words.optional(
      words.oneOf(['agent', 'cloud', 'manual'], {
        description:
          'Who sets its routes to the other sites: an agent of ours on it, the cloud (as host routes of the subnet), or a person (`hawser check` prints the lines).',
        default: 'manual',
      }),
    ),
    tags: words.optional(words.Tags),
    was: words.optional(words.Was),
    ssh: words.optional(words.Ssh),
  },
  {
    title: 'Host',
    description: 'A machine without WireGuard, or a range of them.',
    examples: [{ address: '192.168.66.11' }],
  },
);

export const Hosts = words.named(
  PlainHost,
  'host',
  {
    description:
      'Machines behind the gateways that need no WireGuard of their own. `worker-[1-4]` names four, and takes four addresses.',
    examples: [{ 'worker-[1-4]': { address: '192.168.66.[11-14]' } }],
  },
  'hostName',
);

type HostSource = Loose<Static<typeof PlainHost>>;

export function readHosts(
  hosts: Loose<Static<typeof Hosts>> | undefined,
  around: Surroundings,
  draft: Draft,
): readonly Host[] {
  return entriesOf(hosts).flatMap(([written, source]) => {
    const at = { text: written, place: placeOfKey(hosts, written) };
    return readRange(at, source, around, draft);
  });
}

/** The hosts one entry stands for. */
function readRange(
  at: Text,
  source: HostSource,
  around: Surroundings,
  draft: Draft,
): readonly Host[] {
  const names = draft.parse(at, expandRange) ?? [];
  if (source.segment !== undefined) {
    readStations(at, names, source, around, draft);
    return [];
  }
  reportLoneKeys(at, source, draft);
  if (source.address === undefined) {
    const args = { what: `\`${at.text}\``, key: 'address', example: '192.168.66.11' };
    draft.report(errors.diagnostic('spec/missing-key', args, { place: at.place }));
  }
  const addresses = textsOf(source, 'address').map((text) => expandEach(at, names, text, draft));
  const tags = readTags(source, draft);
  const { ssh } = source;
  const hosts = textsOf(ssh ?? {}, 'host').map((text) => expandEach(at, names, text, draft));
  const was = isRange(at.text) ? refuseWas(source, draft) : readWas(source, 'host', draft);
  return names.map((name, index) => {
    draft.names.declare(name, 'host', at.place);
    const own = addresses.flatMap((one) => one[index] ?? []);
    return {
      name,
      site: around.site ?? '',
      addresses: readSiteAddresses(name, own, around, draft),
      routes: source.routes ?? 'manual',
      tags,
      ...was,
      ssh: {
        ...readSsh({ name, place: at.place, ssh }, around.ssh, draft),
        ...readSshHost(hosts[0]?.[index], draft),
      },
      ...located(source, at.place),
    };
  });
}

/** One former name cannot be that of several hosts. */
function refuseWas(source: HostSource, draft: Draft): { readonly was?: string } {
  if (source.was === undefined) return {};
  const place = placeOf(source, 'was');
  const args = { name: source.was };
  draft.report(errors.diagnostic('spec/former-name-of-range', args, { place, text: source.was }));
  return {};
}

/** Only segments know machines by their MAC addresses. */
function reportLoneKeys(at: Text, source: HostSource, draft: Draft): void {
  for (const key of ['mac', 'allow'] as const) {
    if (source[key] === undefined) continue;
    const args = { name: at.text, key };
    const where = { place: placeOf(source, key) };
    draft.report(errors.diagnostic('spec/only-in-a-segment', args, where));
  }
}
