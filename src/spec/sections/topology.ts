import Type from 'typebox';
import { formatPlace, type Place } from '#base';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { Machine, Topology } from '../network.ts';
import { type Loose, placeOf, textsOf } from '../origin.ts';
import { section } from '../section.ts';
import * as words from '../vocabulary.ts';

const Pair = Type.Array(words.Name, { minItems: 2, maxItems: 2 });

const Shaped = words.mapping(
  {
    hub: words.optional(
      words.atLeastOne(
        {
          description: 'The sites through which all others talk.',
          examples: [['bielefeld']],
        },
        'name',
      ),
    ),
    links: words.optional(
      Type.Array(Pair, {
        description:
          'Which sites and members have a tunnel to each other. Others are reached over the shortest chain of links; sites on the way forward.',
        examples: [[['bielefeld', 'giessen']]],
      }),
    ),
  },
  {
    title: 'Topology',
    description: 'Either `hub` or `links`.',
    examples: [{ hub: ['bielefeld'] }],
  },
);

export const topology = section({
  schema: Type.Union([Type.Enum(['mesh']), Shaped], {
    description:
      'Who has a tunnel to whom: `mesh`, every site to every other; `{ hub: [...] }`, all through one or several sites; `{ links: [[a, b], ...] }`, exactly these.',
    default: 'mesh',
    examples: ['mesh', { hub: ['bielefeld'] }, { links: [['bielefeld', 'giessen']] }],
  }),
  read(value, draft, at): Topology {
    if (value === undefined || value === 'mesh') return { kind: 'mesh' };
    if ((value.hub === undefined) === (value.links === undefined)) {
      const args = { what: '`topology`', keys: '`hub` and `links`' };
      draft.report(errors.diagnostic('spec/choose-one', args, { place: at }));
    }
    return value.links === undefined
      ? { kind: 'hub', hubs: readHubs(value, draft) }
      : { kind: 'links', links: readLinks(value.links, draft) };
  },
});

function readHubs(value: Loose<Type.Static<typeof Shaped>>, draft: Draft): readonly string[] {
  const hubs = textsOf(value, 'hub').filter((at) => draft.names.expect(at, 'site', ['site']));
  return [...new Set(hubs.map(({ text }) => text))];
}

type Links = (Topology & { kind: 'links' })['links'];

function readLinks(pairs: Loose<Type.Static<typeof Pair>[]>, draft: Draft): Links {
  const known = new Map<string, Place>();
  return pairs.flatMap((pair, index) => {
    const place = placeOf(pairs, index);
    const ends = readEnds(pair, place, draft);
    if (!ends) return [];
    const first = known.get(ends.toSorted().join(' '));
    if (first) {
      const args = { a: ends[0], b: ends[1], first: formatPlace(first) };
      draft.report(errors.diagnostic('spec/link-twice', args, { place }));
    }
    known.set(ends.toSorted().join(' '), place);
    return [{ ends, place }];
  });
}

function readEnds(
  pair: Loose<Type.Static<typeof Pair>>,
  place: Place,
  draft: Draft,
): readonly [string, string] | undefined {
  const [a, b] = pair;
  if (a === undefined || b === undefined || pair.length !== 2) {
    const args = { key: 'links', expected: 'pairs of names', found: `a list of ${pair.length}` };
    const example = '[bielefeld, giessen]';
    draft.report(errors.diagnostic('spec/wrong-type', { ...args, example }, { place }));
    return undefined;
  }
  if (a === b) {
    draft.report(errors.diagnostic('spec/link-to-itself', { name: a }, { place, text: a }));
    return undefined;
  }
  const known = [a, b].map((text, index) =>
    draft.names.expect({ text, place: placeOf(pair, index) }, 'site or member', ['site', 'member']),
  );
  return known.every(Boolean) ? [a, b] : undefined;
}

/** A member that goes through a hub is no unit of the topology. */
export function checkLinkedMembers(
  topology: Topology,
  members: readonly Machine[],
  draft: Draft,
): void {
  if (topology.kind !== 'links') return;
  const attached = new Map(members.flatMap(({ name, hub }) => (hub ? [[name, hub] as const] : [])));
  for (const { ends, place } of topology.links) {
    for (const member of ends) {
      const hub = attached.get(member);
      if (hub === undefined) continue;
      draft.report(
        errors.diagnostic('spec/hub-and-link', { member, hub }, { place, text: member }),
      );
    }
  }
}
