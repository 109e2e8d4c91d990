import type { Static } from 'typebox';
import type { Draft } from '../draft.ts';
import { readMachine, type Surroundings } from '../machine.ts';
import type { Machine } from '../network.ts';
import { entriesOf, type Loose, placeOfKey, textsOf } from '../origin.ts';
import * as words from '../vocabulary.ts';
import { tunnelMachine } from './tunnel-machine.ts';

const Gateway = words.mapping(
  {
    ...tunnelMachine,
    taps: words.optional(
      words.oneOrMany(
        {
          description:
            'The bridge ports of this machine on which machines of segments are, by name; `*` at the end stands for any. Only those that the file has at this site may send there, and none in the name of another.',
          examples: ['tap*'],
        },
        'ports',
      ),
    ),
  },
  {
    title: 'Gateway',
    description:
      'A machine that carries its site into the network. All of its fields may be absent.',
    examples: [{ endpoint: '203.0.113.10:51820', address: '192.168.66.4', overlay: '10.0.0.1' }],
  },
  ['rank', 'lanes'],
);

export const Gateways = words.named(Gateway, 'gateway', {
  description:
    'Machines through which the subnets of the site are reached. The first carries the subnets, the others their own address only.',
});

export function readGateways(
  gateways: Loose<Static<typeof Gateways>> | undefined,
  around: Surroundings,
  draft: Draft,
): readonly Machine[] {
  return entriesOf(gateways).map(([name, source]) => ({
    ...readMachine(name, 'gateway', source, placeOfKey(gateways, name), around, draft),
    taps: textsOf(source, 'taps')
      .map(({ text }) => text)
      .sort(),
  }));
}
