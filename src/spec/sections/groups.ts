import Type from 'typebox';
import { by } from '#base';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Group } from '../network.ts';
import { entriesOf, placeOfKey, textsOf } from '../origin.ts';
import { section } from '../section.ts';
import { resolveSelectors } from '../selectors.ts';
import * as words from '../vocabulary.ts';

const item = Type.String();

export const groups = section({
  schema: words.named(
    Type.Union([item, Type.Array(item)], {
      description: 'One selector, or a list of them.',
      examples: [['worker-[1-4]', 'site:giessen']],
    }),
    'group',
    {
      description:
        'Names for sets of machines and hosts, to use in policy. A selector is a name, a range of names, a group, `tag:x`, `site:x`, `segment:x`, a prefix or `all`.',
      examples: [{ compute: ['worker-[1-4]', 'site:giessen'], people: ['tag:people'] }],
    },
  ),
  read(value, draft): readonly Group[] {
    const all = entriesOf(value);
    for (const [name] of all) draft.names.declare(name, 'group', placeOfKey(value, name));
    const read = all.map(([name]): Group => {
      const place = placeOfKey(value, name);
      const selectors = resolveSelectors(textsOf(value ?? {}, name), draft);
      return { name, selectors, ...located({}, place) };
    });
    checkCycles(read, draft);
    return read.sort(by((group) => group.name));
  },
});

/** A group inside itself has no members of its own to start from. */
function checkCycles(groups: readonly Group[], draft: Draft): void {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const done = new Set<string>();
  const visit = (group: Group, path: readonly string[]): void => {
    if (path.includes(group.name)) {
      const cycle = [...path.slice(path.indexOf(group.name)), group.name].join(' -> ');
      const { name, place } = group;
      draft.report(
        errors.diagnostic('spec/group-cycle', { group: name, cycle }, { place, text: name }),
      );
      return;
    }
    if (done.has(group.name)) return;
    done.add(group.name);
    for (const selector of group.selectors) {
      const inner = selector.kind === 'group' ? byName.get(selector.name) : undefined;
      if (inner) visit(inner, [...path, group.name]);
    }
  };
  for (const group of groups) visit(group, []);
}
