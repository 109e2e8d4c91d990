import Type from 'typebox';
import { type Place } from '#base';
import type { Draft } from '../draft.ts';
import { located } from '../machine.ts';
import type { PolicyRule, Port } from '../network.ts';
import { type Loose, placeOf, textsOf } from '../origin.ts';
import { RuleIds } from '../rule-id.ts';
import { section } from '../section.ts';
import { resolveSelectors } from '../selectors.ts';
import { parsePort } from '../text/port.ts';
import * as words from '../vocabulary.ts';

const Rule = words.mapping(
  {
    name: words.optional(
      words.text(
        {
          description:
            'A name for its counters and messages, which then outlives every edit. Without it one is made from its two ends, so that a change of ports keeps it.',
          examples: ['people-to-workers'],
        },
        'name',
      ),
    ),
    from: words.atLeastOne({
      description: 'Selectors of who may begin to talk.',
      examples: [['people']],
    }),
    to: words.atLeastOne({
      description: 'Selectors of whom they may talk to.',
      examples: [['worker-1']],
    }),
    ports: words.optional(
      words.atLeastOne({
        description:
          'What they may use: `tcp/22`, `udp/1000-2000`, `tcp`, `udp`, `icmp`. Without it everything.',
        examples: [['tcp/22', 'icmp']],
      }),
    ),
  },
  {
    title: 'Rule',
    description: 'Lets some talk to others.',
    examples: [{ from: ['people'], to: ['worker-1'], ports: ['tcp/22', 'icmp'] }],
  },
);

export const policy = section({
  schema: Type.Array(Rule, {
    description:
      'Who may talk to whom. Absent: everything inside the network may. Present: only what a rule allows, and answers to it.',
  }),
  read(value, draft): readonly PolicyRule[] | undefined {
    const ids = new RuleIds(draft.report);
    return value?.map((rule, index) => readRule(rule, placeOf(value, index), ids, draft));
  },
});

function readRule(
  source: Loose<Type.Static<typeof Rule>>,
  place: Place,
  ids: RuleIds,
  draft: Draft,
): PolicyRule {
  const from = textsOf(source, 'from');
  const to = textsOf(source, 'to');
  const ports = textsOf(source, 'ports');
  // Without the ports, so that a rule keeps its counter when they change.
  const contents = [from, to].map((texts) => texts.map(({ text }) => text).toSorted());
  const id =
    source.name === undefined
      ? ids.made(contents)
      : ids.given({ text: source.name, place: placeOf(source, 'name') });
  const parsed: Port[] = ports.flatMap((at) => draft.parse(at, parsePort) ?? []);
  return {
    id,
    from: resolveSelectors(from, draft),
    to: resolveSelectors(to, draft),
    ...(source.ports !== undefined && { ports: parsed }),
    ...located(source, place),
  };
}
