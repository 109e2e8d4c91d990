import type { Static } from 'typebox';
import type { Place } from '#base';
import { by, shortHash } from '#base';
import { Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { readMachine } from '../machine.ts';
import type { Machine } from '../network.ts';
import { entriesOf, type Loose, placeOf, placeOfKey, textsOf } from '../origin.ts';
import { section } from '../section.ts';
import * as words from '../vocabulary.ts';

const Member = words.mapping(
  {
    hub: words.optional(
      words.text(
        {
          description:
            'The site it is attached to and goes through. Without it the member takes part in the topology itself.',
          examples: ['bielefeld'],
        },
        'name',
      ),
    ),
    segment: words.optional(
      words.text(
        {
          description:
            'The segment it joins alone: it is given an address of the `pool` of the segment, besides its own.',
          examples: ['mosler'],
        },
        'name',
      ),
    ),
    endpoint: words.optional(words.Endpoint),
    overlay: words.optional(words.Overlay),
    managed: words.optional(
      words.yesOrNo({
        description:
          'Whether Hawser runs there. If not, its configuration is handed out by `hawser export`.',
        default: true,
      }),
    ),
    allowed_ips: words.optional(
      words.oneOrMany({
        description:
          'Of members that are not managed: what goes into the tunnel (allowed IPs), instead of the overlay and all subnets.',
        examples: [['10.0.0.0/24', '192.168.66.0/24']],
      }),
    ),
    key: words.optional(words.PublicKey),
    keepalive: words.optional(words.Keepalive),
    port: words.optional(words.Port),
    interface: words.optional(words.Interface),
    mtu: words.optional(words.Mtu),
    nat: words.optional(words.NatKind),
    tags: words.optional(words.Tags),
    expires: words.optional(
      words.text(
        {
          description:
            'When a server cuts it off: at the end of a day (UTC), or at a time with its zone. Its name, key and address stay; a later time lets it back.',
          examples: ['2027-01-31', '2027-01-31T18:00:00+01:00'],
        },
        'time',
      ),
    ),
    person: words.optional(
      words.text(
        {
          description:
            'Whose it is. Each device of a person is a member of its own, with a key of its own; lists show them together.',
          examples: ['Anna Novak'],
        },
        'person',
      ),
    ),
    was: words.optional(words.Was),
    ssh: words.optional(words.Ssh),
  },
  {
    title: 'Member',
    description: 'A lone machine: a laptop, an instrument, a partner. All fields may be absent.',
    examples: [{ hub: 'bielefeld', managed: false, tags: ['people'] }],
  },
  ['lanes'],
);

export const members = section({
  schema: words.named(Member, 'member', {
    description: 'Lone machines, each with a tunnel of its own ("spokes").',
  }),
  read(value, draft): readonly Machine[] {
    return entriesOf(value)
      .map(([name, source]) => readMember(name, source, placeOfKey(value, name), draft))
      .sort(by((member) => member.name));
  },
});

type MemberSource = Loose<Static<typeof Member>>;

function readMember(name: string, source: MemberSource, place: Place, draft: Draft): Machine {
  const around = { subnets: [], nat: 'port-preserving', ssh: draft.defaults.ssh } as const;
  const machine = readMachine(name, 'member', source, place, around, draft);
  const managed = source.managed ?? true;
  readSegment(machine, source, managed, draft);
  return {
    ...machine,
    ...(source.hub !== undefined && readHub(source.hub, source, draft)),
    ...(source.expires !== undefined && readExpires(source.expires, source, draft)),
    managed,
    ...(source.person !== undefined && { person: source.person }),
    ...(source.allowed_ips !== undefined && readAllowedIps(name, source, managed, draft)),
  };
}

/** It is the only machine of a site of its own; whoever has nothing of ours cannot be one. */
function readSegment(
  { name, tags, place, fields }: Machine,
  source: MemberSource,
  managed: boolean,
  draft: Draft,
): void {
  const [segment] = textsOf(source, 'segment');
  if (!segment) return;
  if (!managed) {
    draft.report(errors.diagnostic('spec/segment-unmanaged', { name }, segment));
    return;
  }
  const mac = memberMac(`${draft.network}/${segment.text}/${name}`);
  draft.claimMac(mac, name, segment.place);
  const bare = { addresses: [], isGiven: true, allow: [] };
  const station = { name, site: name, segment, mac, tags, isAlone: true, place, fields };
  draft.stations.push({ ...station, ...bare });
}

/** Of those that nobody sells (the second bit); the same whenever it is made. */
const memberMac = (of: string): string =>
  ['02', '6d', ...(shortHash(of).match(/../g) ?? [])].join(':');

/** A day ends when the next one begins. */
function readExpires(
  text: string,
  source: MemberSource,
  draft: Draft,
): { readonly expires?: string } {
  const isDay = text.length === 'yyyy-mm-dd'.length;
  const moment = new Date(isDay ? `${text}T24:00:00Z` : text.replace(' ', 'T'));
  const isOnCalendar = !Number.isNaN(Date.parse(text.slice(0, 10))) && isDayOf(text.slice(0, 10));
  if (!Number.isNaN(moment.getTime()) && isOnCalendar) return { expires: moment.toISOString() };
  const place = placeOf(source, 'expires');
  draft.report(errors.diagnostic('spec/bad-time', { text }, { place, text }));
  return {};
}

/** 31 February is read as a day of March. */
const isDayOf = (date: string): boolean => new Date(date).toISOString().startsWith(date);

function readHub(hub: string, source: MemberSource, draft: Draft): { readonly hub: string } {
  draft.names.expect({ text: hub, place: placeOf(source, 'hub') }, 'site', ['site']);
  return { hub };
}

function readAllowedIps(
  name: string,
  source: MemberSource,
  managed: boolean,
  draft: Draft,
): { readonly allowedIps: readonly Prefix[] } {
  if (managed) {
    const where = { place: placeOf(source, 'allowed_ips') };
    draft.report(errors.diagnostic('spec/allowed-ips-managed', { name }, where));
  }
  const prefixes = textsOf(source, 'allowed_ips').flatMap(
    (at) => draft.parse(at, Prefix.parse) ?? [],
  );
  return { allowedIps: prefixes.sort((a, b) => a.compare(b)) };
}
