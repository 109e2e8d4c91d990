import Type from 'typebox';
import type { Place } from '#base';
import type { Draft } from '../draft.ts';
import { located } from '../machine.ts';
import type { PolicyTest } from '../network.ts';
import { type Loose, placeOf } from '../origin.ts';
import { section } from '../section.ts';
import { machines } from '../selectors.ts';
import { parsePort } from '../text/port.ts';
import * as words from '../vocabulary.ts';

const Test = words.mapping(
  {
    from: words.text({ description: 'A machine or host.', examples: ['alice-laptop'] }),
    to: words.text({ description: 'A machine or host.', examples: ['worker-1'] }),
    port: words.optional(
      words.text({ description: 'As in a policy. Without it ICMP echo.', examples: ['tcp/22'] }),
    ),
    expect: words.oneOf(['allow', 'deny'], { description: 'What the policy has to say to it.' }),
  },
  {
    title: 'Test',
    description: 'One flow, and whether it has to pass.',
    examples: [{ from: 'alice-laptop', to: 'worker-1', port: 'tcp/22', expect: 'allow' }],
  },
);

/** A flow has machines of segments as its ends as well. */
const ends = [...machines, 'station'] as const;

export const tests = section({
  schema: Type.Array(Test, {
    description:
      'What the policy must allow and deny; checked by `hawser check` and every `apply`.',
  }),
  read: (value, draft): readonly PolicyTest[] =>
    (value ?? []).map((test, index) => readTest(test, placeOf(value ?? [], index), draft)),
});

function readTest(source: Loose<Type.Static<typeof Test>>, place: Place, draft: Draft): PolicyTest {
  const end = (field: 'from' | 'to'): string => {
    const text = source[field];
    if (text === undefined) return '';
    draft.names.expect({ text, place: placeOf(source, field) }, 'machine or host', ends);
    return text;
  };
  const port =
    source.port === undefined
      ? undefined
      : draft.parse({ text: source.port, place: placeOf(source, 'port') }, parsePort);
  return {
    from: end('from'),
    to: end('to'),
    ...(port && { port }),
    expect: source.expect ?? 'allow',
    ...located(source, place),
  };
}
