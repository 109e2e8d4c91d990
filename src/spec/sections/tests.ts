import Type from 'typebox';
import type { Place } from '#base';
import type { Draft } from '../draft.ts';
import { located } from '../machine.ts';
import type { PolicyTest } from '../network.ts';
import { type Loose, placeOf } from '../origin.ts';
import { isBeyond, readWayOut, reportUnlisted } from '../routers/way-out.ts';
import { section } from '../section.ts';
import { machines } from '../selectors.ts';
import { parsePort } from '../text/port.ts';
import * as words from '../vocabulary.ts';

const Test = words.mapping(
  {
    from: words.text({ description: 'A machine or host.', examples: ['alice-laptop'] }),
    to: words.text({
      description:
        'A machine or host, an address, or a name outside that a router lets reach. `outside`: everything that is not of this network.',
      examples: ['worker-1', '10.254.0.1', 'outside'],
    }),
    port: words.optional(
      words.text({ description: 'As in a policy. Without it ICMP echo.', examples: ['tcp/22'] }),
    ),
    expect: words.oneOf(['allow', 'deny'], { description: 'What the policy has to say to it.' }),
    as: words.optional(
      words.text({
        description: 'The address from which it has to come, as seen outside of its router.',
        examples: ['10.5.0.2'],
      }),
    ),
    except: words.optional(
      words.atLeastOne({
        description:
          'What `outside` leaves out: ranges, addresses, and names of the router’s list. `expect: deny` then says that nothing else may leave.',
        examples: [['10.254.0.1/32', 'proxy.example.org']],
      }),
    ),
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
    const at = { text, place: placeOf(source, field) };
    if (field === 'to' && (isBeyond(draft, text) || reportUnlisted(at, draft))) return text;
    draft.names.expect(at, 'machine or host', ends);
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
    ...readWayOut(source, draft),
    ...located(source, place),
  };
}
